package panel

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

const (
	// openIDTimeout bounds the homeserver's answer about a token.
	openIDTimeout = 10 * time.Second
	// maxToken is the longest token that is asked about, in bytes.
	maxToken = 4096
	// openIDAgain is when to ask again after the homeserver did not answer.
	openIDAgain = 10 * time.Second
)

// openIDToken is what a homeserver gives a user to prove to others who it is
// (Matrix client-server API, "OpenID"). How long it holds is not read: Synapse says it
// in seconds, Dendrite as a moment, and the homeserver knows.
type openIDToken struct {
	AccessToken string `json:"access_token"`
	Server      string `json:"matrix_server_name"`
}

// openID asks the bridge's own homeserver whose a token is (Matrix server-server API,
// "OpenID"). Other homeservers are not asked: who controls one says there what it
// likes, and its answer would have to be looked up by addresses that others name.
type openID struct {
	address string
	domain  string
	client  *http.Client
}

func newOpenID(h config.Homeserver) openID {
	return openID{h.Address, h.Domain, &http.Client{
		Timeout: openIDTimeout,
		// A token goes nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// confirm returns the user of a token. It refuses with CodeForeignServer what is of
// another homeserver, with CodeBadOpenID what the homeserver does not know, and with
// CodeNoOpenID what it cannot be asked about.
func (o openID) confirm(ctx context.Context, t openIDToken) (id.UserID, error) {
	switch {
	case t.AccessToken == "" || len(t.AccessToken) > maxToken:
		return "", chat.Errorf(chat.CodeBadOpenID, "There is no OpenID token in the request.")
	case t.Server != o.domain:
		return "", chat.Errorf(chat.CodeForeignServer, "Only users of %s can sign in from their client; write !panel for a link.", o.domain)
	}
	status, body, err := o.ask(ctx, t.AccessToken)
	if err := refusal(status, err); err != nil {
		return "", err
	}
	var who struct {
		Sub id.UserID `json:"sub"`
	}
	if err := json.Unmarshal(body, &who); err != nil {
		return "", refusal(http.StatusNotFound, nil) // it is no homeserver that answers there
	}
	_, domain, err := who.Sub.Parse()
	if err != nil || domain != o.domain {
		return "", chat.Errorf(chat.CodeBadOpenID, "The OpenID token is of nobody on %s.", o.domain)
	}
	return who.Sub, nil
}

// refusal is what the homeserver's answer means for who signs in; nil for a good one.
func refusal(status int, err error) error {
	switch {
	case err != nil || status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return chat.Errorf(chat.CodeNoOpenID, "The homeserver does not answer at the moment; write !panel for a link.").After(openIDAgain)
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusBadRequest:
		return chat.Errorf(chat.CodeBadOpenID, "The homeserver does not know this OpenID token, or not any more.")
	case status != http.StatusOK:
		return chat.Errorf(chat.CodeNoOpenID, "The homeserver confirms no OpenID tokens here; write !panel for a link.")
	default:
		return nil
	}
}

func (o openID) ask(ctx context.Context, token string) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet,
		o.address+"/_matrix/federation/v1/openid/userinfo?"+url.Values{"access_token": {token}}.Encode(), nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := o.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	const most = 16 << 10
	body, err = io.ReadAll(io.LimitReader(response.Body, most))
	return response.StatusCode, body, err
}
