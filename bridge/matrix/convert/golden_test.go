package convert_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
)

// The goldens hold question and answer in one file. UPDATE_GOLDEN=1 writes the
// answers anew; the diff is then for a person to read.

type incomingCase struct {
	Why   string          `json:"why"`
	Event json.RawMessage `json:"event"`
	Want  *incoming       `json:"want"`
}

type incoming struct {
	Verdict convert.Verdict     `json:"verdict"`
	Reason  convert.Reason      `json:"reason,omitempty"`
	Kind    chat.Kind           `json:"kind,omitempty"`
	Content *chat.Content       `json:"content,omitempty"`
	Target  id.EventID          `json:"target,omitempty"`
	ReplyTo id.EventID          `json:"reply_to,omitempty"`
	Media   id.ContentURIString `json:"media,omitempty"`
}

func TestFromMatrixGolden(t *testing.T) {
	goldens(t, "testdata/in", func(c *incomingCase) {
		c.Want = understood(convert.FromMatrix(c.Event))
	})
}

func understood(in convert.Incoming) *incoming {
	got := &incoming{Verdict: in.Verdict, Reason: in.Reason, Kind: in.Kind, Target: in.Target, ReplyTo: in.ReplyTo}
	if !reflect.ValueOf(in.Content).IsZero() {
		got.Content = &in.Content
	}
	if in.Media != nil {
		got.Media = in.Media.URL
	}
	return got
}

type outgoingCase struct {
	Why   string `json:"why"`
	Entry struct {
		Kind    chat.Kind    `json:"kind"`
		Party   chat.Party   `json:"party"`
		Author  string       `json:"author,omitempty"`
		Content chat.Content `json:"content"`
	} `json:"entry"`
	Refs convert.Refs `json:"refs"`
	Want *outgoing    `json:"want"`
	// Again is what a restored database takes back of the event.
	Again *incoming `json:"again,omitempty"`
}

type outgoing struct {
	Type    string `json:"type,omitempty"`
	Content any    `json:"content,omitempty"`
	Error   string `json:"error,omitempty"`
}

const entryID chat.EntryID = "e2345672345672345672345672"

func TestToMatrixGolden(t *testing.T) {
	goldens(t, "testdata/out", func(c *outgoingCase) {
		e := chat.Entry{ID: entryID, Kind: c.Entry.Kind, Content: c.Entry.Content}
		e.Author = chat.Author{Party: c.Entry.Party, ID: c.Entry.Author}
		kind, content, err := convert.ToMatrix(e, c.Refs)
		c.Want = &outgoing{Type: kind.Type, Content: content}
		if err != nil {
			c.Want.Error = err.Error()
		} else {
			raw, err := json.Marshal(c.Want)
			if err != nil {
				t.Fatal(err)
			}
			own := convert.FromOwn
			if c.Entry.Party == chat.Bot {
				own = convert.FromBot
			}
			c.Again = understood(own(raw))
		}
	})
}

// goldens answers each case of a folder anew and compares the whole file.
func goldens[C any](t *testing.T, folder string, answer func(*C)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens in %s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c C
			dec := json.NewDecoder(bytes.NewReader(want))
			dec.DisallowUnknownFields()
			if os.Getenv("UPDATE_GOLDEN") != "" {
				dec = json.NewDecoder(bytes.NewReader(want))
			}
			if err := dec.Decode(&c); err != nil {
				t.Fatal(err)
			}
			answer(&c)
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			if err := enc.Encode(c); err != nil {
				t.Fatal(err)
			}
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}
