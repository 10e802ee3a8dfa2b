package gpt

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	openai "github.com/sashabaranov/go-openai"
)

// endpoint is an Endpoint that can be asked.
type endpoint struct {
	client *openai.Client
	model  string
	odd    oddities
}

// azureVersion is the version of Azure's interface for addresses that name none: the
// newest that does not change any more.
const azureVersion = "2024-10-21"

// newEndpoint reads the address; check has found it in order.
func newEndpoint(e Endpoint, transport http.RoundTripper) *endpoint {
	u, _ := url.Parse(e.BaseURL)
	config := openai.DefaultConfig(e.Key)
	model := e.Model
	if version := u.Query().Get("api-version"); version != "" || azure(u) {
		name := deployment(e.BaseURL)
		if model == "" {
			model = name
		}
		u.Path, _, _ = strings.Cut(u.Path, "/openai")
		config = openai.DefaultAzureConfig(e.Key, "")
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
	config.HTTPClient = doer{&http.Client{
		Transport: transport,
		// A redirection would take the key with it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	made := &endpoint{client: openai.NewClientWithConfig(config), model: model}
	if reasons(model) {
		made.odd.completionTokens.Store(true)
		made.odd.noTemperature.Store(true)
	}
	return made
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

// deployment is the one that an address of Azure names, or "".
func deployment(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(u.Path, "/openai/deployments/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// reasons reports models that want other parameters than the rest; the client
// refuses theirs before they are sent.
func reasons(model string) bool {
	for _, family := range []string{"o1", "o3", "o4", "gpt-5"} {
		if strings.HasPrefix(model, family) {
			return true
		}
	}
	return false
}

// oddities are what an endpoint turned out not to take; they are left out from then on.
type oddities struct {
	noStreamOptions, completionTokens, noTemperature, noTools, noUser atomic.Bool
}

// learn takes note of a refusal that is about a parameter; false if it is not.
func (o *oddities) learn(message string) bool {
	message = strings.ToLower(message)
	for _, oddity := range []struct {
		flag  *atomic.Bool
		words []string
	}{
		{&o.noStreamOptions, []string{"stream_options"}},
		{&o.noStreamOptions, []string{"include_usage"}},
		{&o.completionTokens, []string{"max_tokens", "max_completion_tokens"}},
		{&o.noTemperature, []string{"temperature"}},
		{&o.noTools, []string{"tool", "support"}},
		{&o.noUser, []string{"'user'"}},
	} {
		about := true
		for _, word := range oddity.words {
			about = about && strings.Contains(message, word)
		}
		if about {
			oddity.flag.Store(true)
			return true
		}
	}
	return false
}

const (
	// maxBody is more than any answer has, in bytes.
	maxBody = 8 << 20
	// maxProblem is how much is read of an answer that is an error.
	maxProblem = 64 << 10
)

// doer sends requests. What is not 200 it reads as a *fault, headers included, and
// of the rest it takes no more than maxBody.
type doer struct{ client *http.Client }

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
		}{io.LimitReader(response.Body, maxBody), response.Body}
		return response, nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxProblem)) // the status says enough
	return nil, refusal(response, body)
}

// newTransport is a pool of connections for one assistant.
func newTransport() *http.Transport {
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

// Why a request was given up by the assistant itself.
var (
	errSlow = errors.New("nothing came in time")
	errStop = errors.New("no more is wanted")
)

// cause is why a context ended, or nil.
func cause(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}
