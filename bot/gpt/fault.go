package gpt

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

// fault is why a request to an endpoint failed.
type fault struct {
	code Code
	// why is a clause for operators: "it answered 500".
	why string
	// again is whether it may go well a little later, at the earliest after.
	again bool
	after time.Duration
	// message is what the endpoint said, which no one else is told: it may hold the
	// key, or what the visitor wrote.
	message string
}

func (f *fault) Error() string { return f.why }

// final reports whether another endpoint would not do better, or is not to.
func (f *fault) final() bool {
	switch f.code {
	case CodeRefused, CodeLeak, CodeLink, CodeCancelled:
		return true
	default:
		return false
	}
}

// down reports whether the endpoint would not answer another request either.
func (f *fault) down() bool {
	switch f.code {
	case CodeUnreachable, CodeSlow, CodeCut, CodeBusy:
		return true
	case CodeStatus:
		return f.again
	default:
		return false
	}
}

// faultOf is what an error of a request is.
func faultOf(ctx context.Context, err error) *fault {
	var known *fault
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	var told *openai.APIError
	switch reason := cause(ctx); {
	case errors.Is(reason, errSlow):
		return &fault{code: CodeSlow, why: "nothing came in time"}
	case reason != nil:
		return &fault{code: CodeCancelled, why: "the answer was not wanted any more"}
	case errors.As(err, &known):
		return known
	case errors.As(err, &told): // within the stream
		if strings.Contains(strings.ToLower(fmt.Sprint(told.Code)+told.Type), "content_filter") {
			return &fault{code: CodeRefused, why: "its filter refused the answer"}
		}
		return &fault{code: CodeStatus, why: "it broke off with an error", again: true}
	case errors.As(err, &syntax), errors.As(err, &mistyped), errors.Is(err, openai.ErrTooManyEmptyStreamMessages):
		return &fault{code: CodeMalformed, why: "it sent what is no answer", again: true}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &fault{code: CodeCut, why: "the connection ended before the answer did", again: true}
	default:
		return &fault{code: CodeUnreachable, why: "there is no connection to it", again: true}
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
func refusal(response *http.Response, body []byte) *fault {
	p := readProblem(body)
	status := response.StatusCode
	f := &fault{code: CodeStatus, message: p.Message, after: retryAfter(response.Header)}
	f.why = fmt.Sprintf("it answered %d", status)
	if code := fmt.Sprint(p.Code); p.Code != nil && plainCode.MatchString(code) {
		f.why += " (" + code + ")"
	}
	if f.name(p, status) {
		return f
	}
	switch {
	case status == http.StatusTooManyRequests:
		f.code, f.why, f.again = CodeBusy, "it has too many requests (429)", true
	case status >= 300 && status < 400:
		f.why = fmt.Sprintf("it answered %d, which leads elsewhere: give the address itself", status)
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooEarly:
		f.again = true
	}
	return f
}

// name tells what no waiting helps, by what the endpoint says about it.
func (f *fault) name(p problem, status int) bool {
	code := strings.ToLower(fmt.Sprint(p.Code) + " " + p.Type)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(code, word) })
	}
	says := func(form *regexp.Regexp) bool {
		return status >= 400 && status < 500 && form.MatchString(strings.ToLower(p.Message))
	}
	switch {
	case has("content_filter", "content_policy", "responsibleai"):
		f.code, f.why = CodeRefused, "its filter refused the request"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		f.code, f.why = CodeKey, fmt.Sprintf("it does not accept the key (%d)", status)
	case has("insufficient_quota", "billing"), status == http.StatusPaymentRequired:
		f.code, f.why = CodeQuota, fmt.Sprintf("the account has no money left (%d)", status)
	case status == http.StatusTooManyRequests:
		return false
	case has("context_length", "exceed_context"), status == http.StatusRequestEntityTooLarge, says(longForm):
		f.code, f.why = CodeLong, "the prompt is too long for the model"
	case has("model_not_found"), status == http.StatusNotFound, says(noModel):
		f.code, f.why = CodeModel, fmt.Sprintf("it does not know the model, or there is nothing at the address (%d)", status)
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
