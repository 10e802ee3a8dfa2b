package trail_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// asked are errors of mautrix's own client, as a real server causes them.
func asked(t *testing.T, answer http.HandlerFunc) error {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client, err := mautrix.NewClient(server.URL, "@secret:localhost", "secret")
	if err != nil {
		t.Fatal(err)
	}
	client.Log = zerolog.Nop()
	_, err = client.SendText(t.Context(), "!secret:localhost", "secret")
	if err == nil {
		t.Fatal("the request went well")
	}
	return err
}

func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// What others said, and where they were asked, comes into no log; what kind of failure
// it was does.
func TestNoErrorQuotesOthers(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	_, unreachable := http.Get(gone.URL + "/secret?since=secret") //nolint:noctx // it never answers
	_, number := strconv.Atoi("secret")
	_, moment := time.Parse(time.RFC3339, "secret")
	malformed := strings.Join([]string{"http://secret", "/"}, "\x7f")
	_, address := url.Parse(malformed)
	for name, about := range map[string]struct {
		err  error
		want string
	}{
		"an answer":            {asked(t, answers(http.StatusForbidden, `{"errcode":"M_FORBIDDEN","error":"secret"}`)), "PUT M_FORBIDDEN (HTTP 403)"},
		"a code that is none":  {asked(t, answers(http.StatusForbidden, `{"errcode":"the secret","error":"x"}`)), "PUT an error without a code (HTTP 403)"},
		"an answer of a proxy": {asked(t, answers(http.StatusBadGateway, "secret")), "PUT HTTP 502"},
		"an odd answer":        {asked(t, answers(http.StatusOK, "secret")), "failed to unmarshal response body"},
		"a broken answer":      {asked(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "Put 127.0.0.1:"},
		"no answer":            {unreachable, "connection refused"},
		"a mail server":        {&textproto.Error{Code: 550, Msg: "secret"}, "550"},
		"a number":             {number, "invalid syntax"},
		"a time":               {moment, "a time of another form"},
		"an address":           {address, "parse an address"},
	} {
		err := fmt.Errorf("bring %s home: %w", "it", errors.Join(errors.New("first"), fmt.Errorf("then: %w", about.err)))
		if !strings.Contains(err.Error(), "secret") && about.want != "PUT HTTP 502" && about.want != "failed to unmarshal response body" {
			t.Errorf("%s: the error has nothing to hide: %v", name, err)
		}
		said, _ := trail.Error(err).(string)
		if strings.Contains(said, "secret") || !strings.Contains(said, about.want) || !strings.HasPrefix(said, "bring it home: first\nthen: ") {
			t.Errorf("%s: the log has %q", name, said)
		}
	}
}

// hiding wraps an error in a text that has not the other's as it is.
type hiding struct{ inner error }

func (h hiding) Error() string { return strings.ToUpper(h.inner.Error()) }

func (h hiding) Unwrap() error { return h.inner }

func TestATextThatChangesWhatIsBeneathIsNotTrusted(t *testing.T) {
	t.Parallel()
	said, _ := trail.Error(fmt.Errorf("outside: %w", hiding{&textproto.Error{Code: 550, Msg: "secret"}})).(string)
	if said != "outside: it answered 550" {
		t.Errorf("the log has %q", said)
	}
}

// Whatever is in an error, a line of the log stays one line, and what is drawn of it is
// what stands there.
func TestAnErrorForgesNoLine(t *testing.T) {
	t.Parallel()
	hostile := errors.New("x\r\n{\"level\":\"error\",\"message\":\"forged\"}\x1b[2J\u2028\u202e\x00\xff" + strings.Repeat("long ", 10_000))
	said, _ := trail.Error(hostile).(string)
	if strings.ContainsAny(said, "\r\x1b\u2028\u202e\x00") || len(said) > 9000 {
		t.Errorf("the log has %.200q, %d bytes", said, len(said))
	}
	for name, form := range map[string]func(io.Writer) io.Writer{
		"JSON":    func(w io.Writer) io.Writer { return w },
		"console": func(w io.Writer) io.Writer { return zerolog.ConsoleWriter{Out: w} },
	} {
		var out bytes.Buffer
		log := zerolog.New(form(&out))
		log.Warn().Str("error", said).Str(trail.EventID, "$x\nforged\x1b[2J").Msg("It failed")
		if lines := strings.Count(strings.TrimSpace(out.String()), "\n"); lines != 0 || strings.Contains(out.String(), "\x1b[2J") {
			t.Errorf("%s: the log has %d line breaks within: %.300q", name, lines, out.String())
		}
	}
}

func TestAPanicsValueIsNotSaid(t *testing.T) {
	t.Parallel()
	for _, value := range []any{"secret", errors.New("secret"), struct{ S string }{"secret"}} {
		if said := trail.Fault(value); strings.Contains(said, "secret") {
			t.Errorf("%T: %s", value, said)
		}
	}
	func() {
		defer func() {
			if said := trail.Fault(recover()); said != "runtime error: index out of range [3] with length 0" {
				t.Errorf("said %q", said)
			}
		}()
		at := 3
		_ = []int(nil)[at]
	}()
}

// What the log does not take costs the way of a message no memory.
func TestALineThatIsNotWrittenCostsNothing(t *testing.T) {
	log := zerolog.New(io.Discard).Level(zerolog.InfoLevel)
	entry := chat.Entry{ID: chat.NewEntryID(), Visitor: chat.NewVisitorID(), Client: "client-1"}
	if n := testing.AllocsPerRun(100, func() {
		trail.Of(log.Debug(), &entry).Str(trail.EventID, string(entry.ID)).Msg("not written")
	}); n != 0 {
		t.Errorf("%.0f allocations", n)
	}
	var out bytes.Buffer
	log = zerolog.New(&out)
	trail.Of(log.Debug(), &entry).Msg("written")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line[trail.Entry] != string(entry.ID) || line[trail.ClientID] != "client-1" {
		t.Errorf("%v: %s", err, out.String())
	}
}
