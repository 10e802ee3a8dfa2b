package transcript_test

import (
	"errors"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest/xss"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/transcript"
)

func at(minute int) time.Time { return time.Date(2026, 11, 26, 22, 50+minute, 0, 0, time.UTC) }

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func said(party chat.Party, name, text string, minute int) transcript.Message {
	e := chat.Entry{Kind: chat.Message, Author: chat.Author{Party: party, Name: name}, Content: chat.Content{Text: text}, At: at(minute)}
	return transcript.Message{Entry: e, Said: e.Content}
}

func all(messages ...transcript.Message) iter.Seq2[transcript.Message, error] {
	return func(yield func(transcript.Message, error) bool) {
		for _, m := range messages {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func page(t *testing.T, a transcript.About, messages ...transcript.Message) string {
	t.Helper()
	var out strings.Builder
	if err := transcript.HTML(&out, a, all(messages...)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func text(t *testing.T, a transcript.About, messages ...transcript.Message) string {
	t.Helper()
	var out strings.Builder
	if err := transcript.Text(&out, a, all(messages...)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func about(t *testing.T, language string) transcript.About {
	return transcript.About{Site: "Tea Shop", Language: language, Zone: berlin(t), At: at(60)}
}

// talk has one of everything that a visitor sees.
func talk() []transcript.Message {
	hello := said(chat.Visitor, "", "Do you have green tea?\nAnd <b>honey</b>?", 0)
	answer := said(chat.Operator, "Anna", "Yes: see https://shop.example.com/tea_(green).", 1)
	answer.Quoted = &hello
	answer.Reactions = []string{"👍", "❤️", "👍"}
	formatted := said(chat.Operator, "Anna", "Bold words", 2)
	formatted.Said.HTML = `<strong>Bold</strong> words<script>alert(1)</script> <a href="javascript:alert(1)">x</a> <span data-spoiler="">secret</span>`
	formatted.Edited = true
	gone := said(chat.Visitor, "", "", 12)
	gone.Entry.Redacted = true
	file := said(chat.Visitor, "", "the receipt", 13)
	file.Entry.Content.File = &chat.File{Kind: chat.Attachment, Name: "=cmd|' /C calc'!A0 \u202Egpj.exe", Size: 123_456}
	voice := said(chat.Operator, "", "", 14)
	voice.Entry.Content.File = &chat.File{Kind: chat.Voice, Name: "voice.ogg", Duration: 65_000}
	place := said(chat.Visitor, "", "", 15)
	place.Entry.Content.Location = &chat.Location{Latitude: 51.5, Longitude: -0.1}
	bot := said(chat.Bot, "", "Which one?", 30)
	bot.Entry.Content.Offer = &chat.Offer{Buttons: []chat.Button{{Text: "Green"}, {Text: "Black", URL: "javascript:x"}}, Cards: []chat.Card{{Title: "Sencha", Text: "100 g", Buttons: []chat.Button{{Text: "Buy"}}}}}
	bot.Entry.Content.AI = &chat.AI{Interrupted: true, Sources: []chat.Source{{Title: "Tea", URL: "https://shop.example.com/t"}, {Title: "Bad", URL: "javascript:alert(1)"}}}
	emote := said(chat.Operator, "Anna", "waves", 75)
	emote.Entry.Content.Emote = true
	return []transcript.Message{hello, answer, formatted, gone, file, voice, place, bot, emote}
}

// A quotation of what has no words says what it is.
func TestQuotationsOfWhatHasNoWords(t *testing.T) {
	for _, c := range []struct {
		content chat.Content
		want    string
	}{
		{chat.Content{Offer: &chat.Offer{Cards: []chat.Card{{Title: "Sencha"}, {Title: "Bancha"}}}}, "Sencha, Bancha"},
		{chat.Content{Offer: &chat.Offer{Buttons: []chat.Button{{Text: "Green"}, {Text: "Black"}}}}, "Green, Black"},
		{chat.Content{Offer: &chat.Offer{Cards: []chat.Card{{Title: strings.Repeat("tea ", 20)}, {Title: strings.Repeat("mug ", 20)}}}}, "mug…"},
		{chat.Content{Location: &chat.Location{Latitude: 51.5, Longitude: -0.1}}, "Place on the map"},
		{chat.Content{File: &chat.File{Kind: chat.Attachment, Name: "receipt.pdf"}}, "receipt.pdf"},
	} {
		quoted, answer := said(chat.Operator, "Anna", "", 0), said(chat.Visitor, "", "That one", 1)
		quoted.Entry.Content = c.content
		answer.Quoted = &quoted
		for what, made := range map[string]string{"text": text(t, about(t, "en"), answer), "page": page(t, about(t, "en"), answer)} {
			if !strings.Contains(made, c.want) {
				t.Errorf("the %s has no %q:\n%s", what, c.want, made)
			}
		}
	}
}

func TestTranscriptsAreAsTheyWere(t *testing.T) {
	for _, language := range []string{"en", "ru", "ar"} {
		for ending, made := range map[string]string{
			"html": page(t, about(t, language), talk()...),
			"txt":  text(t, about(t, language), talk()...),
		} {
			name := filepath.Join("testdata", language+"."+ending)
			if os.Getenv("ANTEROOM_GOLDEN") == "write" {
				if err := os.WriteFile(name, []byte(made), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if string(want) != made {
				t.Errorf("%s differs; rewrite it with ANTEROOM_GOLDEN=write and read the diff. It is now:\n%s", name, made)
			}
		}
	}
}

// Whatever somebody wrote, wherever it stands: a page has our elements alone, none
// that runs, loads or sends anything, and no attribute of others' making.
func TestNothingThatWasWrittenIsMarkup(t *testing.T) {
	attacks := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</style><script>x</script>`, `<!--`, `]]>`, `' onmouseover='x`,
		`javascript:alert(1)`, `{{.}}`, `&lt;script&gt;`, "a\x00b\x1b[31mred", `<svg/onload=x>`, `https://x.example/"onclick="x`, "\u202Egnp.exe", `<meta http-equiv=refresh content=0>`,
	}
	for _, v := range xss.All(t) {
		attacks = append(attacks, v.Text)
	}
	allowed := map[string]bool{}
	for _, tag := range strings.Fields("html head meta title style body div h1 p bdi time br a strong span b i em u s del strike code pre blockquote ul ol li hr table thead tbody tr th td sub sup") {
		allowed[tag] = true
	}
	attributes := map[string]bool{}
	for _, name := range strings.Fields("lang dir charset http-equiv content name class datetime rel href data-spoiler role start") {
		attributes[name] = true
	}
	for _, attack := range attacks {
		a := about(t, "en")
		a.Site, a.Color, a.Ink = attack, attack, attack
		m := said(chat.Operator, attack, attack, 0)
		m.Entry.Content.File = &chat.File{Kind: chat.Attachment, Name: attack, Size: 1}
		m.Entry.Content.Offer = &chat.Offer{Buttons: []chat.Button{{Text: attack, URL: attack}}, Cards: []chat.Card{{Title: attack, Text: attack}}}
		m.Entry.Content.AI = &chat.AI{Sources: []chat.Source{{Title: attack, URL: attack}}}
		m.Reactions = []string{attack}
		quoted := said(chat.Visitor, "", attack, 0)
		m.Quoted = &quoted
		formatted := said(chat.Operator, "Anna", "x", 1)
		formatted.Said.HTML = attack + `<a href="` + attack + `">x</a>`
		made := page(t, a, m, formatted)
		if strings.ContainsAny(made, "\x00\x1b\u202e") {
			t.Errorf("%q: control characters came through", attack)
		}
		for z := html.NewTokenizer(strings.NewReader(made)); ; {
			kind := z.Next()
			if kind == html.ErrorToken {
				break
			}
			token := z.Token()
			if kind == html.CommentToken || kind != html.TextToken && kind != html.DoctypeToken && !allowed[token.Data] {
				t.Errorf("%q became %s", attack, token)
			}
			for _, x := range token.Attr {
				if !attributes[x.Key] || x.Key == "href" && !strings.HasPrefix(x.Val, "http") && x.Val != "#ZgotmplZ" && x.Val != "" {
					t.Errorf("%q became the attribute %s=%q", attack, x.Key, x.Val)
				}
			}
		}
	}
}

// The page's own policy is the hash of its own style, so that it forbids all else.
func TestThePageHasAPolicyAndAMailHasNone(t *testing.T) {
	a := about(t, "en")
	a.Color, a.Ink = "#112233", "#ffffff"
	made := page(t, a, talk()...)
	if !strings.Contains(made, "default-src &#39;none&#39;; style-src &#39;sha256-") || !strings.Contains(made, "background: #112233") {
		t.Errorf("the page is %s", made)
	}
	a.Mail = true
	if made = page(t, a, talk()...); strings.Contains(made, "Content-Security-Policy") {
		t.Error("a mail has a policy of a page")
	}
	links := said(chat.Visitor, "", "buy at https://evil.example/", 0)
	if made = page(t, a, links); strings.Contains(made, "href") {
		t.Errorf("a visitor's word is a link in a mail: %s", made)
	}
}

// In plain text no message can hold another one's line.
func TestNoMessageForgesAnother(t *testing.T) {
	made := text(t, about(t, "en"), said(chat.Visitor, "", "hello\n[00:00] Anna: send me money\r[00:01] Anna: now\u2028[00:02] Anna: please", 0))
	if lines := regexp.MustCompile(`(?m)^\[`).FindAllString(made, -1); len(lines) != 1 {
		t.Errorf("one message has %d lines that begin like one:\n%s", len(lines), made)
	}
	if strings.Count(made, "\u2068") != strings.Count(made, "\u2069") {
		t.Errorf("isolates stay open: %q", made)
	}
}

func TestAnEmptyOneSaysSo(t *testing.T) {
	if made := page(t, about(t, "xx")); !strings.Contains(made, "Nothing was written") || !strings.Contains(made, `lang="en"`) {
		t.Errorf("it is %s", made)
	}
}

func TestAFaultOfTheJournalEndsIt(t *testing.T) {
	broken := errors.New("the disk is gone")
	fails := func(yield func(transcript.Message, error) bool) {
		if yield(said(chat.Visitor, "", "hello", 0), nil) {
			yield(transcript.Message{}, broken)
		}
	}
	var out strings.Builder
	if err := transcript.HTML(&out, about(t, "en"), fails); !errors.Is(err, broken) || strings.Contains(out.String(), "</html>") {
		t.Errorf("%v; %s", err, out.String())
	}
	if err := transcript.Text(&out, about(t, "en"), fails); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
