package convert_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"maunium.net/go/mautrix/event"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/matrix/convert"
)

func botEntry(kind chat.Kind, c chat.Content) chat.Entry {
	return chat.Entry{ID: entryID, Kind: kind, Author: chat.Author{Party: chat.Bot}, Content: c}
}

func toMatrix(t *testing.T, e chat.Entry, refs convert.Refs) *convert.Message {
	t.Helper()
	_, content, err := convert.ToMatrix(e, refs)
	if err != nil {
		t.Fatal(err)
	}
	m, ok := content.(*convert.Message)
	if !ok {
		t.Fatalf("content is a %T", content)
	}
	return m
}

func TestDegradeTakesFormattingFirst(t *testing.T) {
	m := toMatrix(t, botEntry(chat.Message, chat.Content{Text: "short", HTML: "<b>short</b>"}), convert.Refs{ReplyTo: "$op"})
	d, ok := convert.Degrade(m)
	if !ok || d.Upload != nil || d.Content.FormattedBody != "" || d.Content.Format != "" {
		t.Fatalf("got %+v %v", d, ok)
	}
	if d.Content.Body != "short" || d.Content.Entry != entryID || d.Content.RelatesTo.GetReplyTo() != "$op" {
		t.Errorf("more than the formatting is gone: %+v", d.Content)
	}
	if m.FormattedBody == "" {
		t.Error("the content that was given is changed")
	}
	if _, ok := convert.Degrade(d.Content); ok {
		t.Error("degraded twice")
	}
}

func TestDegradeMakesAFileOfLongText(t *testing.T) {
	text := strings.Repeat("очень длинно\n", 6000)
	m := toMatrix(t, botEntry(chat.Message, chat.Content{Text: text, HTML: "<p>x</p>"}), convert.Refs{ReplyTo: "$op"})
	if !convert.TooLarge(m) {
		t.Fatal("the text fits")
	}
	d, ok := convert.Degrade(m)
	if !ok || d.Upload == nil || string(d.Upload.Data) != text {
		t.Fatalf("no file of the whole text: %v", ok)
	}
	d.Attach("mxc://example.org/long")
	got, err := json.Marshal(d.Content)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"msgtype":"m.file","body":"message.txt","url":"mxc://example.org/long","info":{"mimetype":"text/plain","size":144000},` +
		`"filename":"message.txt","m.mentions":{},"m.relates_to":{"m.in_reply_to":{"event_id":"$op"}},"chat.anteroom.id":"` + string(entryID) + `"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A database that is restored takes the file back as what it is: whose words, on which
// key of a widget, and by which model.
func TestAFileOfLongTextSaysWhatItIs(t *testing.T) {
	long := chat.Content{Text: strings.Repeat("x", 70_000), AI: &chat.AI{Assistant: "sales"}}
	ofBot := toMatrix(t, botEntry(chat.Message, long), convert.Refs{})
	ofVisitor := toMatrix(t, chat.Entry{ID: entryID, Kind: chat.Message, Author: chat.Author{Party: chat.Visitor}, Client: "client-00000001", Content: chat.Content{Text: long.Text}}, convert.Refs{})
	ofOperator := toMatrix(t, chat.Entry{ID: entryID, Kind: chat.Message, Author: chat.Author{Party: chat.Operator, ID: "@anna:example.org"}, Content: chat.Content{Text: long.Text}}, convert.Refs{})
	if ofVisitor.Client == "" || ofOperator.Operator == "" || ofBot.AI == nil {
		t.Fatalf("the texts are %q, %q, %v", ofVisitor.Client, ofOperator.Operator, ofBot.AI)
	}
	for _, m := range []*convert.Message{ofBot, ofVisitor, ofOperator} {
		d, ok := convert.Degrade(m)
		if f := d.Content; !ok || d.Upload == nil || f.Client != m.Client || f.Operator != m.Operator || f.AI != m.AI {
			t.Errorf("got %+v %t", d.Content, ok)
		}
	}
}

func TestDegradeMakesAnAnswerOfALongEdit(t *testing.T) {
	text := strings.Repeat("x", 70_000)
	d, ok := convert.Degrade(toMatrix(t, botEntry(chat.Edit, chat.Content{Text: text}), convert.Refs{Target: "$first"}))
	if !ok || d.Upload == nil || string(d.Upload.Data) != text {
		t.Fatalf("no file of the whole text: %v", ok)
	}
	if d.Content.NewContent != nil || d.Content.RelatesTo.Type != "" || d.Content.RelatesTo.GetReplyTo() != "$first" {
		t.Errorf("got %+v", d.Content.RelatesTo)
	}
}

func TestEditsRepeatLittleOfTheirText(t *testing.T) {
	text := strings.Repeat("ы", 20_000)
	m := toMatrix(t, botEntry(chat.Edit, chat.Content{Text: text, HTML: "<b>" + text + "</b>"}), convert.Refs{Target: "$first"})
	if m.NewContent.Body != text {
		t.Error("the new text is cut")
	}
	if len(m.Body) > 5000 || m.FormattedBody != "" || !utf8.ValidString(m.Body) {
		t.Errorf("the fallback has %d bytes", len(m.Body))
	}
	d, ok := convert.Degrade(m)
	if !ok || d.Upload != nil || d.Content.NewContent.FormattedBody != "" || m.NewContent.FormattedBody == "" {
		t.Errorf("the formatting of the new text is not taken off a copy: %v", ok)
	}
}

func TestNothingIsLeftToDegrade(t *testing.T) {
	m := toMatrix(t, botEntry(chat.Message, chat.Content{Text: "a"}), convert.Refs{})
	if _, ok := convert.Degrade(m); ok {
		t.Error("a plain short text was degraded")
	}
	if _, ok := convert.Degrade(&convert.Reaction{}); ok {
		t.Error("a reaction was degraded")
	}
	if m.MsgType != event.MsgText {
		t.Errorf("msgtype %s", m.MsgType)
	}
}
