// Package webhook posts one event to one endpoint by the Standard Webhooks
// specification (https://www.standardwebhooks.com, version 1.0.0): a small JSON
// body, an id that is the same at every attempt, and a signature by which the
// endpoint knows that it was us. It keeps nothing; the queue above it sends again.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/anteroom-chat/anteroom/bridge/outward"
)

// MaxBody is the most bytes of an event's body. The specification recommends
// 20 kB; endpoints commonly refuse megabytes.
const MaxBody = 256 << 10

// maxRetryAfter bounds what an endpoint may ask for.
const maxRetryAfter = 24 * time.Hour

// Endpoint is where events go.
type Endpoint struct {
	URL string
	// Secrets sign, each for itself: one, and while it is being replaced also
	// the former one.
	Secrets []Secret
}

// Event is what happened.
type Event struct {
	// ID is the same at every attempt: 1 to 64 of [A-Za-z0-9_-].
	ID string
	// Type is a hierarchy of words, "dialog.opened"; each type has one schema.
	Type string
	// At is when it happened, not when it is sent.
	At time.Time
	// Data is JSON, as small as will do.
	Data json.RawMessage
}

// Sender posts events. It is safe for concurrent use.
type Sender struct {
	client *outward.Client
	now    func() time.Time
}

// New makes a sender; now is the clock, nil is time.Now.
func New(client *outward.Client, now func() time.Time) *Sender {
	if now == nil {
		now = time.Now
	}
	return &Sender{client: client, now: now}
}

// Reason is the kind of a failure.
type Reason string

// The kinds of failures.
const (
	// Unusable: the event or the address can never be sent as it is.
	Unusable Reason = "unusable"
	// Unreachable: no answer; the network, the name, the certificate.
	Unreachable Reason = "unreachable"
	// Busy: 408, 429 or 5xx.
	Busy Reason = "busy"
	// Refused: any other status that is not 2xx. It is tried again like all
	// failures, but is likely to stay.
	Refused Reason = "refused"
	// Gone: 410. The endpoint wants nothing from us any more: it must not be
	// sent this nor anything else.
	Gone Reason = "gone"
)

// Error is why an event was not delivered.
type Error struct {
	Reason Reason
	// Status is what the endpoint answered, or 0.
	Status int
	// Text is a plain English sentence without the endpoint's path.
	Text string
	Err  error

	retryAfter time.Duration
}

func (e *Error) Error() string { return e.Text }

// Discreet is for the log: the text, without the cause beneath, which may name the path.
func (e *Error) Discreet() string { return e.Text }

func (e *Error) Unwrap() error { return e.Err }

// Permanent reports that the same event must not be sent again.
func (e *Error) Permanent() bool { return e.Reason == Unusable || e.Reason == Gone }

// RetryAfter is how long the endpoint asked to wait, at most a day; 0 if it did not.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

var (
	idForm   = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	typeForm = regexp.MustCompile(`^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$`)
)

// Send posts an event and returns when the endpoint has answered 2xx. Its error
// is an *Error. After a temporary one the endpoint may have it all the same.
func (s *Sender) Send(ctx context.Context, to Endpoint, event Event) error {
	body, err := encode(event)
	if err != nil {
		return &Error{Reason: Unusable, Text: err.Error()}
	}
	now := s.now()
	signature, err := sign(to.Secrets, event.ID, now, body)
	if err != nil {
		return &Error{Reason: Unusable, Text: err.Error()}
	}
	// The names are in lower case in the specification; HTTP does not mind.
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set(standardwebhooks.HeaderWebhookID, event.ID)
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	answer, err := s.client.Do(ctx, outward.Request{
		Method: http.MethodPost, URL: to.URL, Header: header, Body: body,
		NoRedirect: true, // a failure by the specification: name the new address instead
		NoBody:     true,
	})
	if err != nil {
		return unsent(err)
	}
	return judge(answer, now)
}

// encode writes the body. The same event gives the same bytes.
func encode(event Event) ([]byte, error) {
	if !idForm.MatchString(event.ID) {
		return nil, fmt.Errorf("%q cannot be the id of a webhook", event.ID)
	}
	if !typeForm.MatchString(event.Type) {
		return nil, fmt.Errorf("%q cannot be the type of a webhook", event.Type)
	}
	if len(event.Data) == 0 {
		event.Data = json.RawMessage("{}")
	}
	body, err := json.Marshal(struct {
		Type      string          `json:"type"`
		Timestamp time.Time       `json:"timestamp"`
		Data      json.RawMessage `json:"data"`
	}{event.Type, event.At.UTC(), event.Data})
	if err != nil {
		return nil, fmt.Errorf("the event's data are not JSON: %w", err)
	}
	if len(body) > MaxBody {
		return nil, fmt.Errorf("the event has %d bytes; the limit is %d", len(body), MaxBody)
	}
	return body, nil
}

func sign(secrets []Secret, id string, at time.Time, body []byte) (string, error) {
	var signatures []string
	for _, secret := range secrets {
		if secret.signer == nil {
			continue
		}
		signature, err := secret.signer.Sign(id, at, body)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) == 0 {
		return "", errors.New("the webhook has no secret to sign with")
	}
	return strings.Join(signatures, " "), nil
}

func unsent(err error) *Error {
	failure, ok := errors.AsType[*outward.Error](err)
	switch {
	case !ok:
		return &Error{Reason: Unreachable, Text: "Sending was stopped.", Err: err}
	case failure.Temporary():
		return &Error{Reason: Unreachable, Text: failure.Text, Err: err}
	default:
		return &Error{Reason: Unusable, Text: failure.Text, Err: err}
	}
}

func judge(answer *outward.Response, now time.Time) error {
	status := answer.Status
	e := &Error{Status: status, retryAfter: retryAfter(answer.Header.Get("Retry-After"), now)}
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusGone:
		e.Reason, e.Text = Gone, "The endpoint answered 410: it wants no more webhooks."
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		e.Reason, e.Text = Busy, fmt.Sprintf("The endpoint answered %d.", status)
	case status >= 300 && status < 400:
		e.Reason, e.Text = Refused, fmt.Sprintf("The endpoint answered %d, a redirect: name the address that it leads to.", status)
	default:
		e.Reason, e.Text = Refused, fmt.Sprintf("The endpoint answered %d.", status)
	}
	return e
}

// retryAfter reads seconds or a date (RFC 9110, section 10.2.3).
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}
