package convert_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
)

func rawEvent(t testing.TB, kind string, content map[string]any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"type": kind, "event_id": "$x", "sender": "@anna:example.org", "content": content})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// FuzzFromMatrix: no event makes it panic or gives a verdict that has no meaning.
func FuzzFromMatrix(f *testing.F) {
	files, err := filepath.Glob("testdata/in/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var c incomingCase
		if err := json.Unmarshal(raw, &c); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(c.Event))
	}
	for _, odd := range []string{
		``, `null`, `[]`, `{}`, `{"type":7}`, `{"type":"m.room.message"}`, `{"type":"m.room.message","content":{"msgtype":"m.text","body":"a"}} {}`,
		`{"type":"m.room.message","content":{"msgtype":"m.image","url":"mxc://a/b","info":{"w":1e400,"size":"NaN","h":-0.5,"duration":[]}}}`,
		`{"type":"m.reaction","content":{"m.relates_to":{"rel_type":"m.annotation","event_id":"$","key":{}}}}`,
		`{"type":"m.room.message","content":` + strings.Repeat(`{"m.new_content":`, 20000) + `1` + strings.Repeat(`}`, 20001),
		`{"type":"m.room.message","content":{"msgtype":"m.text","body":"\ud800\u0000"}}`,
	} {
		f.Add([]byte(odd))
	}
	for _, file := range []string{"ai_sources", "bot_cards", "bot_gallery", "bot_html"} {
		f.Add(ownEvent(f, file))
	}
	f.Add([]byte(`{"type":"m.room.message","Content":{"chat.anteroom.offer":{"cards":[{"title":""}]}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		check(t, convert.FromMatrix(raw))
		check(t, convert.FromBot(raw))
	})
}

// ownEvent is what a golden of ToMatrix makes.
func ownEvent(t testing.TB, golden string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "out", golden+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Want json.RawMessage `json:"want"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c.Want
}

// FuzzHTML: whatever the formatted body is, the widget gets what it may show and nothing else.
func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		`<b>a</b>`, `<p><button><p>x</p></button></p>`, `<a href="java&#x0A;script:alert(1)">x</a>`, `<a href="//e.vil">x</a>`,
		`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
		`<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
		`<a href="https://matrix.to/#/@a:b"><a href="https://matrix.to/#/@c:d">@c:d</a>`, `<span data-mx-spoiler="<b onclick=x>">y</span>`,
		`<ol start="1 onclick=x"><li>x`, `<table><b><tr><td>x<p>y<tr>`, strings.Repeat("<blockquote>", 600), strings.Repeat("<i>", 400) + "x",
		`<img alt="<script>alert(1)</script>">`, `<plaintext><b>`, `<textarea><script>`, "<b>\u202E&#x202E;&#0;</b>", `<?php x ?><!-- y --><![CDATA[z]]>`,
		`<a href="https://a.b/&quot; onclick=&quot;x">q</a>`, `<p></p><script>//<b>`, `<frameset><frame src=javascript:1>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		in := convert.FromMatrix(rawEvent(t, "m.room.message", map[string]any{
			"msgtype": "m.text", "body": "x", "format": "org.matrix.custom.html", "formatted_body": body,
		}))
		if in.Verdict != convert.Deliver {
			t.Fatalf("%s %s", in.Verdict, in.Reason)
		}
		check(t, in)
	})
}

func check(t *testing.T, in convert.Incoming) {
	t.Helper()
	switch in.Verdict {
	case convert.Deliver, convert.Internal, convert.Refuse, convert.Ignore:
	default:
		t.Fatalf("verdict %q", in.Verdict)
	}
	if (in.Verdict == convert.Deliver) != (in.Reason == "") {
		t.Fatalf("%s with reason %q", in.Verdict, in.Reason)
	}
	if in.Verdict != convert.Ignore && in.Kind == "" {
		t.Fatalf("%s without kind", in.Verdict)
	}
	if (in.Media != nil) != (in.Content.File != nil) {
		t.Fatal("a file without address, or an address without file")
	}
	if in.Verdict == convert.Deliver && in.Kind == chat.Message && in.Content.Text == "" && in.Media == nil && in.Content.Location == nil && in.Content.Offer == nil {
		t.Fatal("an empty message is delivered")
	}
	if s := in.Content.Text + in.Content.HTML; !utf8.ValidString(s) || strings.ContainsAny(s, "\u0000\u0007\r\u202E") {
		t.Fatalf("unclean: %q", s)
	}
	safe(t, in.Content.HTML)
}

// safe reads the HTML as a browser does and fails at whatever the widget must not show.
func safe(t *testing.T, body string) {
	t.Helper()
	elements := " p br b strong i em u s del strike code pre blockquote ul ol li a hr table thead tbody tr th td span html head body "
	doc, err := html.Parse(strings.NewReader("<!doctype html><body>" + body))
	if err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode {
			t.Fatalf("a comment in %q", body)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if !strings.Contains(elements, " "+n.Data+" ") || n.Namespace != "" {
			t.Fatalf("<%s> in %q", n.Data, body)
		}
		for _, a := range n.Attr {
			switch n.Data + " " + a.Key {
			case "ol start", "span data-spoiler":
			case "a rel", "a target":
				if a.Val != "_blank" && a.Val != "noopener noreferrer nofollow" {
					t.Fatalf("%s=%q in %q", a.Key, a.Val, body)
				}
			case "a href":
				u, err := url.Parse(a.Val)
				if err != nil || (u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto") || u.Hostname() == "matrix.to" {
					t.Fatalf("a link to %q in %q", a.Val, body)
				}
			default:
				t.Fatalf("<%s %s> in %q", n.Data, a.Key, body)
			}
		}
		if n.Data == "a" && len(n.Attr) != 3 {
			t.Fatalf("a link without rel or target in %q", body)
		}
	}
}
