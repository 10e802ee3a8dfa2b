package reach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"
)

// Code names what went wrong. It is the same for ever.
type Code string

// What can go wrong with a request.
const (
	// Unreachable: there is no connection.
	Unreachable Code = "gpt_unreachable"
	// Slow: nothing usable came in time.
	Slow Code = "gpt_slow"
	// Cut: the connection ended before the answer did.
	Cut Code = "gpt_cut"
	// Malformed: what it sent is not what an endpoint sends.
	Malformed Code = "gpt_malformed"
	// Key: the key is not accepted.
	Key Code = "gpt_key"
	// Model: the endpoint does not know the model, or there is none at the address.
	Model Code = "gpt_model"
	// Long: the prompt is too long for the model.
	Long Code = "gpt_context"
	// Busy: too many requests (429); Quota: no money left.
	Busy  Code = "gpt_busy"
	Quota Code = "gpt_quota"
	// Status: any other status than 200.
	Status Code = "gpt_status"
	// Refused: the endpoint's filter refused it.
	Refused Code = "gpt_refused"
	// Cancelled: the caller's context ended.
	Cancelled Code = "gpt_cancelled"
)

// Fault is why a request to an endpoint failed.
type Fault struct {
	Code Code
	// Why is a clause for operators: "it answered 500".
	Why string
	// Again is whether it may go well a little later, at the earliest after After.
	Again bool
	After time.Duration
	// Status is the status that it answered; 0 if that was 200 or there was no answer.
	Status int
	// Message is what the endpoint said, which no one else is told: it may hold the
	// key, or what the visitor wrote.
	Message string
}

func (f *Fault) Error() string { return f.Why }

// ErrSlow is the cause of a context that ended since nothing came in time.
var ErrSlow = errors.New("nothing came in time")

// Down reports whether the endpoint would not answer another request either.
func (f *Fault) Down() bool {
	switch f.Code {
	case Unreachable, Slow, Cut, Busy:
		return true
	case Status:
		return f.Again
	default:
		return false
	}
}

// Of is the fault that an error of a request is; ctx is the one it was sent with.
func Of(ctx context.Context, err error) *Fault {
	var known *Fault
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	var told *openai.APIError
	switch reason := context.Cause(ctx); {
	case errors.Is(reason, ErrSlow):
		return &Fault{Code: Slow, Why: "nothing came in time"}
	case reason != nil:
		return &Fault{Code: Cancelled, Why: "the answer was not wanted any more"}
	case errors.As(err, &known):
		return known
	case errors.As(err, &told): // within the stream
		if strings.Contains(strings.ToLower(fmt.Sprint(told.Code)+told.Type), "content_filter") {
			return &Fault{Code: Refused, Why: "its filter refused the answer"}
		}
		return &Fault{Code: Status, Why: "it broke off with an error", Again: true}
	case errors.As(err, &syntax), errors.As(err, &mistyped), errors.Is(err, openai.ErrTooManyEmptyStreamMessages):
		return &Fault{Code: Malformed, Why: "it sent what is no answer", Again: true}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Fault{Code: Cut, Why: "the connection ended before the answer did", Again: true}
	default:
		return &Fault{Code: Unreachable, Why: "there is no connection to it", Again: true}
	}
}

// problem is an error as endpoints write it.
type problem struct {
	Message string `json:"message"`
	Code    any    `json:"code"`
	Type    string `json:"type"`
}

// readProblem reads the forms that there are: {"error": {…}}, {"error": "…"},
// {"message": "…"}, {"detail": …} and whatever else as it stands.
func readProblem(body []byte) problem {
	var outer struct {
		problem
		Error  json.RawMessage `json:"error"`
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &outer) != nil {
		return problem{Message: string(body)}
	}
	inner := outer.problem
	if len(outer.Error) > 0 && json.Unmarshal(outer.Error, &inner) != nil {
		inner.Message = string(outer.Error)
	}
	if inner.Message == "" {
		inner.Message = string(outer.Detail)
	}
	return inner
}

var (
	plainCode = regexp.MustCompile(`^[a-zA-Z0-9_.]{1,60}$`)
	longForm  = regexp.MustCompile(`context[ _](?:length|size|window)|maximum context|prompt is too long|too many tokens|input is too long|reduce the length`)
	noModel   = regexp.MustCompile(`model .*(?:not found|not exist|unknown|not available)|(?:unknown|invalid|no such) model`)
)

// refusal is the fault that a status other than 200 is.
func refusal(response *http.Response, body []byte) *Fault {
	p := readProblem(body)
	status := response.StatusCode
	f := &Fault{Code: Status, Status: status, Message: p.Message, After: retryAfter(response.Header)}
	f.Why = fmt.Sprintf("it answered %d", status)
	if code := fmt.Sprint(p.Code); p.Code != nil && plainCode.MatchString(code) {
		f.Why += " (" + code + ")"
	}
	if f.name(p, status) {
		return f
	}
	switch {
	case status == http.StatusTooManyRequests:
		f.Code, f.Why, f.Again = Busy, "it has too many requests (429)", true
	case status >= 300 && status < 400:
		f.Why = fmt.Sprintf("it answered %d, which leads elsewhere: give the address itself", status)
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooEarly:
		f.Again = true
	}
	return f
}

// name tells what no waiting helps, by what the endpoint says about it.
func (f *Fault) name(p problem, status int) bool {
	code := strings.ToLower(fmt.Sprint(p.Code) + " " + p.Type)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(code, word) })
	}
	says := func(form *regexp.Regexp) bool {
		return status >= 400 && status < 500 && form.MatchString(strings.ToLower(p.Message))
	}
	switch {
	case has("content_filter", "content_policy", "responsibleai"):
		f.Code, f.Why = Refused, "its filter refused the request"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.Code, f.Why = Key, fmt.Sprintf("it does not accept the key (%d)", status)
	case has("insufficient_quota", "billing"), status == http.StatusPaymentRequired:
		f.Code, f.Why = Quota, fmt.Sprintf("the account has no money left (%d)", status)
	case status == http.StatusTooManyRequests:
		return false
	case has("context_length", "exceed_context"), status == http.StatusRequestEntityTooLarge, says(longForm):
		f.Code, f.Why = Long, "the prompt is too long for the model"
	case has("model_not_found"), status == http.StatusNotFound, says(noModel):
		f.Code, f.Why = Model, fmt.Sprintf("it does not know the model, or there is nothing at the address (%d)", status)
	default:
		return false
	}
	return true
}

// retryAfter is how long an endpoint wants to be left alone; 0 if it does not say.
// It reads seconds and dates (RFC 9110, section 10.2.3), and the milliseconds of OpenAI.
func retryAfter(header http.Header) time.Duration {
	const most = float64(24 * 60 * 60)
	if ms, err := strconv.ParseFloat(header.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return time.Duration(min(ms/1000, most) * float64(time.Second))
	}
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds > 0 {
		return time.Duration(min(seconds, most) * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
