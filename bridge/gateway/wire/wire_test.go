package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

var update = flag.Bool("update", false, "rewrite the golden frames")

func TestWidgetFramesAreGolden(t *testing.T) {
	for _, g := range widgetFrames() {
		t.Run(g.name, func(t *testing.T) {
			data := compare(t, g)
			decoded, err := wire.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(decoded, g.frame) {
				t.Errorf("decoded %#v, want %#v", decoded, g.frame)
			}
			if again := encode(t, decoded); !bytes.Equal(again, data) {
				t.Errorf("encoded again:\n%s\nwant:\n%s", again, data)
			}
		})
	}
}

func TestGatewayFramesAreGolden(t *testing.T) {
	for _, g := range gatewayFrames() {
		t.Run(g.name, func(t *testing.T) {
			data := compare(t, g)
			decoded := reflect.New(reflect.TypeOf(g.frame).Elem()).Interface()
			strict := json.NewDecoder(bytes.NewReader(data))
			strict.DisallowUnknownFields()
			if err := strict.Decode(decoded); err != nil {
				t.Fatal(err)
			}
			if again := encode(t, decoded); !bytes.Equal(again, data) {
				t.Errorf("encoded again:\n%s\nwant:\n%s", again, data)
			}
		})
	}
}

func TestExchangeAndBatchAreGolden(t *testing.T) {
	hello := wire.Hello{T: wire.TypeHello, Secret: secret, Resume: &wire.Resume{Seq: 1, ID: entry1}}
	ping, say := json.RawMessage(`{"t":"ping"}`), json.RawMessage(`{"t":"message","cid":"c0ffee-Tea_42","text":"Hello"}`)
	exchange := &wire.Exchange{Hello: hello, Frames: []json.RawMessage{say, ping}, Wait: 25, Knows: &wire.Knows{Seen: 1, Flow: &wire.Flow{Person: true}}}
	data := compare(t, golden{"exchange", exchange})
	var decoded wire.Exchange
	if err := json.Unmarshal(data, &decoded); err != nil {
		t.Fatal(err)
	}
	for i, raw := range decoded.Frames {
		if _, err := wire.Decode(raw); err != nil {
			t.Errorf("frame %d: %v", i, err)
		}
	}
	if again := encode(t, decoded); !bytes.Equal(again, data) {
		t.Errorf("encoded again:\n%s\nwant:\n%s", again, data)
	}

	compare(t, golden{"batch", &wire.Batch{Frames: []any{
		&wire.Welcome{T: wire.TypeWelcome, Site: settings(), Seq: 1, Entries: []wire.Entry{}},
		&wire.Ack{T: wire.TypeAck, Client: client, ID: entry1, Seq: 1, At: at},
		entry(message()),
		&wire.Pong{T: wire.TypePong},
	}}})
}

func TestPostsAreGolden(t *testing.T) {
	for _, g := range posts() {
		t.Run(g.name, func(t *testing.T) {
			data := compare(t, g)
			decoded := reflect.New(reflect.TypeOf(g.frame).Elem()).Interface()
			if err := json.Unmarshal(data, decoded); err != nil {
				t.Fatal(err)
			}
			if again := encode(t, decoded); !bytes.Equal(again, data) {
				t.Errorf("encoded again:\n%s\nwant:\n%s", again, data)
			}
		})
	}
}

// Every file of testdata belongs to a frame, so that none outlives its frame; retry holds
// the widget's times of coming back, see README.md.
func TestNoGoldenIsLeftOver(t *testing.T) {
	known := map[string]bool{"exchange": true, "batch": true, "retry": true}
	for _, g := range slices.Concat(widgetFrames(), gatewayFrames(), posts()) {
		known[g.name] = true
	}
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if name := strings.TrimSuffix(filepath.Base(path), ".json"); !known[name] {
			t.Errorf("%s belongs to no frame", path)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, data := range map[string]string{
		"nothing":         ``,
		"not JSON":        `hello`,
		"a list":          `[]`,
		"no type":         `{}`,
		"unknown type":    `{"t":"shout"}`,
		"gateway's type":  `{"t":"welcome"}`,
		"wrong field":     `{"t":"message","cid":"c0ffee-Tea_42","text":7}`,
		"no cid":          `{"t":"message","text":"x"}`,
		"short cid":       `{"t":"redact","cid":"short"}`,
		"cid of bad form": `{"t":"upload","cid":"c0ffee Tea"}`,
	} {
		t.Run(name, func(t *testing.T) {
			frame, err := wire.Decode([]byte(data))
			if !errors.Is(err, &chat.Error{Code: chat.CodeBadFrame}) {
				t.Errorf("got %#v, %v; want bad_frame", frame, err)
			}
		})
	}
}

// A ping of the widget is known without being read, and nothing else is taken for one.
func TestIsPing(t *testing.T) {
	ping, err := json.Marshal(&wire.Ping{T: wire.TypePing})
	if err != nil || !wire.IsPing(ping) {
		t.Errorf("%s is no ping (%v)", ping, err)
	}
	for _, frame := range []string{"", `{"t":"pong"}`, `{"t":"ping"}{}`, `{"t":"ping","t":"read"}`} {
		if wire.IsPing([]byte(frame)) {
			t.Errorf("%s is taken for a ping", frame)
		}
	}
}

func TestDecodeIgnoresUnknownFields(t *testing.T) {
	if _, err := wire.Decode([]byte(`{"t":"ping","mood":"good"}`)); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, g := range widgetFrames() {
		data, err := json.Marshal(g.frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"t":"message","cid":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := wire.Decode(data)
		if err != nil {
			if !errors.Is(err, &chat.Error{Code: chat.CodeBadFrame}) {
				t.Fatalf("%v is not bad_frame", err)
			}
			return
		}
		said := encode(t, frame)
		again, err := wire.Decode(said)
		if err != nil {
			t.Fatalf("what was decoded is refused when encoded: %v", err)
		}
		// As they are encoded, for an empty list says what none says.
		if !bytes.Equal(encode(t, again), said) {
			t.Fatalf("decoded %#v, then %#v", frame, again)
		}
	})
}

func compare(t *testing.T, g golden) []byte {
	t.Helper()
	path := filepath.Join("testdata", g.name+".json")
	got := encode(t, g.frame)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; `make golden` rewrites it. Got:\n%s", path, got)
	}
	return want
}

func encode(t *testing.T, frame any) []byte {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(frame); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
