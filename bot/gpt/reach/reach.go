// Package reach reaches servers that speak OpenAI's interface, Azure's among them: the
// key goes to their address alone, and what goes wrong is told in sentences of ours.
package reach

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"
)

// Server is where an endpoint is.
type Server struct {
	// BaseURL is what stands before /chat/completions or /embeddings, such as
	// https://api.openai.com/v1 or http://127.0.0.1:11434/v1. An address of Azure is told
	// by its host, or by an api-version behind a question mark.
	BaseURL string
	// Key may be empty, as local servers want none.
	Key string
	// Model may be empty if the address names a deployment of Azure.
	Model string
	// Transport is how it is reached; nil is a pool of connections of its own.
	Transport http.RoundTripper
	// Most is how many bytes of an answer are read.
	Most int64
}

// azureVersion is the version of Azure's interface for addresses that name none: the
// newest that does not change any more.
const azureVersion = "2024-10-21"

// Client is a client of the server, and the model to ask it for. Its errors are read by
// Of, and quote nothing of what the server said. No redirection is followed: it would
// take the key and the visitor's words with it.
func (s Server) Client() (client *openai.Client, model string, err error) {
	u, err := url.Parse(s.BaseURL)
	if err != nil {
		return nil, "", err
	}
	config := openai.DefaultConfig(s.Key)
	model = s.Model
	if version := u.Query().Get("api-version"); version != "" || azure(u) {
		name := Deployment(s.BaseURL)
		if model == "" {
			model = name
		}
		u.Path, _, _ = strings.Cut(u.Path, "/openai")
		config = openai.DefaultAzureConfig(s.Key, "")
		config.AzureModelMapperFunc = func(model string) string {
			if name != "" {
				return name
			}
			return model
		}
		if config.APIVersion = version; version == "" {
			config.APIVersion = azureVersion
		}
	}
	u.RawQuery = ""
	config.BaseURL = strings.TrimRight(u.String(), "/")
	transport := s.Transport
	if transport == nil {
		transport = NewTransport()
	}
	config.HTTPClient = doer{s.Most, &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return openai.NewClientWithConfig(config), model, nil
}

// Models are the names of the models that the server has. To ask for them costs nothing,
// but not every server tells them, and not to every key.
func (s Server) Models(ctx context.Context) ([]string, *Fault) {
	client, _, err := s.Client()
	if err != nil {
		return nil, Of(ctx, err)
	}
	list, err := client.ListModels(ctx)
	if err != nil {
		return nil, Of(ctx, err)
	}
	names := make([]string, len(list.Models))
	for i, model := range list.Models {
		names[i] = model.ID
	}
	return names, nil
}

// azure reports whether a host is Azure's and the path not the one that works as
// everybody else's.
func azure(u *url.URL) bool {
	if strings.Contains(u.Path, "/openai/v1") {
		return false
	}
	for _, suffix := range []string{".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"} {
		if strings.HasSuffix(strings.ToLower(u.Hostname()), suffix) {
			return true
		}
	}
	return false
}

// Deployment is the one that an address of Azure names, or "".
func Deployment(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(u.Path, "/openai/deployments/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// maxProblem is how much is read of an answer that is an error, in bytes.
const maxProblem = 64 << 10

// doer sends requests. What is not 200 it reads as a *Fault, headers included, and
// of the rest it takes no more than most.
type doer struct {
	most   int64
	client *http.Client
}

// Do is what the client of endpoints sends by.
func (d doer) Do(r *http.Request) (*http.Response, error) {
	response, err := d.client.Do(r) // #nosec G704 -- the address is the owner's
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusOK {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, d.most), response.Body}
		return response, nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxProblem)) // the status says enough
	return nil, refusal(response, body)
}

// NewTransport is a pool of connections for the endpoints of one assistant.
func NewTransport() *http.Transport {
	const idle = 64 // of as many answers at once
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        idle,
		MaxIdleConnsPerHost: idle,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}
