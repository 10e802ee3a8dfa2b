package notice_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
	"github.com/anteroom-chat/anteroom/bridge/matrix/notice"
)

func TestEveryKindHasBothLanguages(t *testing.T) {
	for _, kind := range notice.Kinds() {
		en, enHTML := notice.Text("en", kind, notice.Args{})
		ru, ruHTML := notice.Text("ru-RU", kind, notice.Args{})
		if en == "" || enHTML == "" {
			t.Errorf("%s: no English text", kind)
		}
		if !strings.ContainsFunc(ru, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) || ruHTML == "" {
			t.Errorf("%s: no Russian text: %q", kind, ru)
		}
		for _, s := range []string{en, enHTML, ru, ruHTML} {
			if strings.ContainsAny(s, "{}*`[]") || strings.Contains(s, "<<") || strings.Contains(s, ">>") {
				t.Errorf("%s: a mark is left in %q", kind, s)
			}
			if strings.Contains(s, "  ") || strings.Contains(s, " .") || strings.Contains(s, "()") {
				t.Errorf("%s: a hole where an argument is missing: %q", kind, s)
			}
		}
	}
}

func TestArgumentsAreShownAndEscaped(t *testing.T) {
	args := notice.Args{
		Text: `<b onclick="x">{cause} **hi**` + "\u202E", Cause: "413 <M_TOO_LARGE>", File: `a"<i>.png`,
		Size: 12_340_000, Event: "$e<x>", Room: "!old:example.org", Via: []string{"example.org"},
	}
	for _, kind := range notice.Kinds() {
		for _, lang := range []string{"en", "ru"} {
			plain, formatted := notice.Text(lang, kind, args)
			for _, bad := range []string{"<b ", "<i>", "<M_", "<x>", "\u202E"} {
				if strings.Contains(formatted, bad) {
					t.Errorf("%s %s: %q is not escaped in %q", lang, kind, bad, formatted)
				}
			}
			if strings.Contains(plain, "&lt;") || strings.Contains(plain, "\u202E") {
				t.Errorf("%s %s: the plain text is %q", lang, kind, plain)
			}
		}
	}
	plain, formatted := notice.Text("ru", notice.SendFailed, args)
	if !strings.Contains(plain, `«<b onclick="x">{cause} **hi**»`) {
		t.Errorf("an argument was read as a mark: %q", plain)
	}
	if !strings.Contains(formatted, "&lt;b onclick=&#34;x&#34;&gt;{cause} **hi**") {
		t.Errorf("an argument was read as a mark: %q", formatted)
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct {
		lang             string
		kind             notice.Kind
		args             notice.Args
		plain, formatted string
	}{
		{
			"de", notice.FileTooLarge,
			notice.Args{File: "a.zip", Size: 12_340_000},
			"A file of the visitor is missing here: “a.zip” (12.3\u00A0MB) is too large for the homeserver. Ask the visitor for a smaller one, or raise the homeserver's limit.",
			"<strong>A file of the visitor is missing here:</strong> “a.zip” (12.3\u00A0MB) is too large for the homeserver. Ask the visitor for a smaller one, or raise the homeserver&#39;s limit.",
		},
		{
			"ru", notice.RoomReplaced,
			notice.Args{Room: "!old:example.org", Via: []string{"example.org"}},
			"Разговор продолжается здесь. Прежние сообщения остались в старой комнате (https://matrix.to/#/%21old:example.org?via=example.org).",
			`<strong>Разговор продолжается здесь.</strong> Прежние сообщения остались в <a href="https://matrix.to/#/%21old:example.org?via=example.org">старой комнате</a>.`,
		},
	} {
		plain, formatted := notice.Text(c.lang, c.kind, c.args)
		if plain != c.plain {
			t.Errorf("%s %s:\n got %q\nwant %q", c.lang, c.kind, plain, c.plain)
		}
		if formatted != c.formatted {
			t.Errorf("%s %s:\n got %q\nwant %q", c.lang, c.kind, formatted, c.formatted)
		}
	}
}

func TestLongTextIsShownAsAnExcerpt(t *testing.T) {
	plain, _ := notice.Text("en", notice.SendFailed, notice.Args{Text: strings.Repeat("ы", 5000)})
	if n := strings.Count(plain, "ы"); n != 199 {
		t.Errorf("the excerpt has %d characters", n)
	}
}

// An operator whose message was refused is told so, and why: never silence.
func TestEveryRefusalHasItsNotice(t *testing.T) {
	refusals := map[string]convert.Reason{
		`{"type":"m.room.encrypted","content":{"algorithm":"m.megolm.v1.aes-sha2"}}`:     convert.ReasonEncrypted,
		`{"type":"m.poll.start","content":{"m.poll":{}}}`:                                convert.ReasonPoll,
		`{"type":"m.room.message","content":{"msgtype":"m.key.verification.request"}}`:   convert.ReasonVerification,
		`{"type":"m.room.message","content":{"msgtype":"org.example.dance","body":"x"}}`: convert.ReasonUnknownType,
		`{"type":"m.room.message","content":{"msgtype":"m.image","body":"x"}}`:           convert.ReasonNoMedia,
		`{"type":"m.room.message","content":{"msgtype":"m.image","body":"x","file":{}}}`: convert.ReasonEncryptedMedia,
		`{"type":"m.beacon_info","state_key":"@a:b","content":{"live":true}}`:            convert.ReasonLiveLocation,
		`{"type":"m.room.message","content":{"msgtype":"m.location","geo_uri":"geo:x"}}`: convert.ReasonBadLocation,
		`{"type":"m.room.message","content":{"msgtype":"m.text","body":" \n"}}`:          convert.ReasonEmpty,
		`{"type":"m.room.message","content":7}`:                                          convert.ReasonMalformed,
		`{"type":"m.call.invite","content":{"call_id":"1"}}`:                             convert.ReasonCall,
	}
	seen := map[notice.Kind]bool{}
	for event, reason := range refusals {
		in := convert.FromMatrix([]byte(event))
		if in.Verdict != convert.Refuse || in.Reason != reason {
			t.Errorf("%s: %s %s, want refuse %s", event, in.Verdict, in.Reason, reason)
		}
		kind, ok := notice.OfReason(in.Reason)
		if !ok || seen[kind] {
			t.Errorf("%s has no notice of its own", in.Reason)
		}
		seen[kind] = true
	}
	if _, ok := notice.OfReason(convert.ReasonThread); ok {
		t.Error("a note in a thread needs no answer")
	}
}
