package chat

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Error is a fault that a person caused or can act on. Code is stable: the
// widget translates it, tests and other clients may depend on it.
type Error struct {
	Code Code
	// Text is one safe English sentence; it never quotes secrets or internals.
	Text string
	// RetryAfter says when the same request may succeed; 0 if it never will.
	RetryAfter time.Duration
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Text }

// Is makes two errors of one code equal for errors.Is.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// Code is the stable name of a public error.
type Code string

// The catalogue of public errors.
const (
	CodeBadFrame       Code = "bad_frame"        // not JSON, an unknown type, or a field of the wrong form
	CodeUnknownSite    Code = "unknown_site"     // no such site in the config
	CodeBadOrigin      Code = "bad_origin"       // the page's origin is not allowed for the site
	CodeBadSession     Code = "bad_session"      // the secret has not the right form, or its session has ended
	CodeBadToken       Code = "bad_token"        // the signed identity is not of the site, too old or of the wrong form
	CodeConsentNeeded  Code = "consent_needed"   // the visitor has not agreed to the site's text, or to one that was changed since
	CodeFormNeeded     Code = "form_needed"      // the site's form comes before a message
	CodeBadForm        Code = "bad_form"         // an answer of a form is missing or of the wrong kind
	CodeSignedOut      Code = "signed_out"       // the visitor signed out, and the session opens nothing any more
	CodeGone           Code = "gone"             // the visitor was erased
	CodeBlocked        Code = "blocked"          // an operator blocked the visitor
	CodeEmpty          Code = "empty"            // a message without text and file
	CodeTooLong        Code = "too_long"         // more characters than the site allows
	CodeTooLarge       Code = "too_large"        // frame, body or file over its limit
	CodeBadFileType    Code = "bad_file_type"    // the file's content is of a type that the site refuses
	CodeTooManyFiles   Code = "too_many_files"   // too many files wait to be sent
	CodeUnknownFile    Code = "unknown_file"     // no such file in this dialog, or not uploaded yet
	CodeUnknownTarget  Code = "unknown_target"   // no such entry in this dialog
	CodeNotYours       Code = "not_yours"        // only own messages can be edited or removed
	CodeTooFast        Code = "too_fast"         // over a rate; RetryAfter is set
	CodeTooManySockets Code = "too_many_sockets" // over the number of connections
	CodeLinkExpired    Code = "link_expired"     // a signed URL is too old or was changed
	CodeBadAddress     Code = "bad_address"      // no address of e-mail
	CodeUnsubscribed   Code = "unsubscribed"     // who has the address of e-mail wants no mails
	CodeUnanswered     Code = "unanswered"       // nobody has answered in the dialog yet
	CodeNotFound       Code = "not_found"        // no such path
	CodeBadMethod      Code = "bad_method"       // the path exists, the method does not
	CodeUnavailable    Code = "unavailable"      // storage or homeserver cannot serve now; RetryAfter is set
	CodeInternal       Code = "internal"         // our own fault, final; the log has the cause
)

// Status is the HTTP status that goes with the code.
func (c Code) Status() int {
	switch c {
	case CodeBadToken, CodeBadSession, CodeBadOpenID, CodeBadLink:
		return http.StatusUnauthorized
	case CodeUnknownSite, CodeUnknownFile, CodeUnknownTarget, CodeUnknownDeal, CodeUnknownContact, CodeUnknownRoom, CodeNotFound:
		return http.StatusNotFound
	case CodeBadOrigin, CodeBadScope, CodeForeignServer, CodeNotOperator, CodeConsentNeeded, CodeBlocked, CodeSignedOut, CodeNotYours, CodeLinkExpired:
		return http.StatusForbidden
	case CodeMoved, CodeClosed, CodeNoAddress, CodeUnsubscribed, CodeUnanswered:
		return http.StatusConflict
	case CodeKeyReused:
		return http.StatusUnprocessableEntity
	case CodeGone:
		return http.StatusGone
	case CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case CodeBadFileType:
		return http.StatusUnsupportedMediaType
	case CodeTooFast, CodeTooManyFiles, CodeTooManySockets:
		return http.StatusTooManyRequests
	case CodeBadMethod:
		return http.StatusMethodNotAllowed
	case CodeUnavailable, CodeNoOpenID:
		return http.StatusServiceUnavailable
	case CodeInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// Errorf makes a public error. The text must be safe to show to anyone.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// After returns a copy of e that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// Public returns what a person may see of err: the public error in its chain,
// or CodeInternal when there is none. That is final: what breaks by a fault of
// ours breaks again when it is repeated.
func Public(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Errorf(CodeInternal, "Something went wrong on our side.")
}
