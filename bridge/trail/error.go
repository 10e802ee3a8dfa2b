package trail

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
)

// Discreet is an error whose text quotes what others said, or what people wrote, and
// that has another one for the log.
type Discreet interface {
	error
	Discreet() string
}

// longest is how much of an error the log has, in characters; the stack of a panic fits.
const longest = 8000

// Error is what the log may say of an error: its text, with what others said in it, and
// with the addresses that were asked, left out. zerolog calls it for each error that is
// logged, see zerolog.ErrorMarshalFunc.
func Error(err error) any {
	if err == nil {
		return nil
	}
	return plain.Cut(plain.Clean(text(err)), longest)
}

// text is an error's text, in which the texts of those beneath it are replaced by what
// may be said of them. A text that does not have them as they are cannot be trusted.
func text(err error) string {
	if said, known := says(err); known {
		return said
	}
	whole := err.Error()
	var clean []string
	trusted := true
	for _, inner := range beneath(err) {
		dirty, said := inner.Error(), text(inner)
		clean = append(clean, said)
		if dirty == said {
			continue
		}
		if !strings.Contains(whole, dirty) {
			trusted = false
			continue
		}
		whole = strings.ReplaceAll(whole, dirty, said)
	}
	if !trusted {
		return strings.Join(clean, ": ")
	}
	return whole
}

// beneath are the errors that an error wraps.
func beneath(err error) []error {
	switch e := err.(type) { //nolint:errorlint // one layer at a time
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return []error{inner}
		}
	}
	return nil
}

// says is what may be said of errors that are known to quote others; known is false for
// all others.
func says(err error) (said string, known bool) {
	switch e := err.(type) { //nolint:errorlint // one layer at a time
	case Discreet:
		return e.Discreet(), true
	case mautrix.HTTPError:
		return ofHomeserver(e), true
	case mautrix.RespError:
		return code(e.ErrCode), true
	case *mautrix.RespError:
		return code(e.ErrCode), true
	case *url.Error: // the path may be a secret, the query has a visitor's ghost
		return e.Op + " " + host(e.URL) + ": " + text(e.Err), true
	case *textproto.Error: // mail servers repeat the address that they refuse
		return fmt.Sprintf("it answered %d", e.Code), true
	default:
		return ofValue(err)
	}
}

// ofValue is says for errors that quote the value that could not be read.
func ofValue(err error) (said string, known bool) {
	switch e := err.(type) { //nolint:errorlint // one layer at a time
	case *strconv.NumError:
		return e.Func + ": " + text(e.Err), true
	case *time.ParseError:
		return "a time of another form", true
	case *json.UnmarshalTypeError:
		return "JSON of another form in " + e.Field, true
	case *net.ParseError:
		return "no " + e.Type, true
	case url.EscapeError, url.InvalidHostError:
		return "a URL of another form", true
	default:
		return "", false
	}
}

// ofHomeserver is what may be said of an answer of the homeserver, whose words may
// repeat what it was sent.
func ofHomeserver(e mautrix.HTTPError) string {
	asked := ""
	if e.Request != nil {
		asked = e.Request.Method + " "
	}
	switch {
	case e.WrappedError != nil:
		return e.Message + ": " + text(e.WrappedError)
	case e.RespError != nil && e.Response != nil:
		return fmt.Sprintf("%s%s (HTTP %d)", asked, code(e.RespError.ErrCode), e.Response.StatusCode)
	case e.RespError != nil:
		return asked + code(e.RespError.ErrCode)
	case e.Response != nil:
		return fmt.Sprintf("%sHTTP %d", asked, e.Response.StatusCode)
	default:
		return "the homeserver did not answer"
	}
}

// errorCode is the form of Matrix's error codes (specification, "Standard error response").
var errorCode = regexp.MustCompile(`^[A-Za-z0-9_.]{1,64}$`)

func code(errcode string) string {
	if errorCode.MatchString(errcode) {
		return errcode
	}
	return "an error without a code"
}

func host(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		return u.Host
	}
	return "an address"
}

// Fault is what the log may say of the value of a panic: its kind. What it says beyond
// that may hold what the program was at work on; the stack, which holds none of it,
// shows where it was.
func Fault(value any) string {
	if err, isError := value.(error); isError {
		if fault, ok := errors.AsType[runtime.Error](err); ok {
			return fault.Error()
		}
	}
	return fmt.Sprintf("%T", value)
}
