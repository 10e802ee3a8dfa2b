package outward

import "fmt"

// Error is why a request was refused or failed. Code is stable; Text is a plain
// English sentence that names the host at most: never a path or a query, since
// addresses of webhooks are secrets.
type Error struct {
	Code Code
	Text string
	// Err is the cause beneath, where there is one; it may name addresses.
	Err error
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Text }

// Discreet is for the log: the text, without the cause beneath.
func (e *Error) Discreet() string { return e.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Is makes two errors of one code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Temporary reports whether the same request may succeed later: the network, a
// name or a certificate may be repaired without changing the request. A name
// that leads to a forbidden address counts too: DNS may answer better tomorrow.
func (e *Error) Temporary() bool {
	switch e.Code {
	case Timeout, Unreachable, Certificate, ForbiddenName, BadAnswer:
		return true
	default:
		return false
	}
}

// Code is the stable name of a refusal or failure.
type Code string

// The codes.
const (
	BadURL           Code = "bad_url"            // no absolute URL with a host and a usable port
	BadScheme        Code = "bad_scheme"         // neither http nor https
	Credentials      Code = "credentials"        // a user name or password in the URL
	BadRequest       Code = "bad_request"        // a method or header that HTTP does not know
	ForbiddenAddress Code = "forbidden_address"  // the URL says an address that is not public
	ForbiddenName    Code = "forbidden_name"     // the host's name leads to an address that is not public
	TooManyRedirects Code = "too_many_redirects" // more than three, or any where none is wanted
	InsecureRedirect Code = "insecure_redirect"  // from https to http
	RedirectWithBody Code = "redirect_with_body" // a body would go to another host than the named one
	TooLarge         Code = "too_large"          // the answer is over its limit
	Timeout          Code = "timeout"            // no whole answer in time
	Unreachable      Code = "unreachable"        // name not found, connection refused or lost
	Certificate      Code = "certificate"        // TLS: the server is not who it should be
	BadAnswer        Code = "bad_answer"         // not HTTP, or headers over their limit
)

func errorf(code Code, cause error, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...), Err: cause}
}
