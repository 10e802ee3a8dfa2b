package desk

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// deskSays begins a command that told has carried out in the desk's room.
const deskSays = "desk: "

// told has commands carried out in a visitor's room, one after another.
func told(t *testing.T, language config.Language) (ask func(command string) string) {
	t.Helper()
	d, site, _ := startDesk(t)
	site.Language = language
	site.Deals.Pipelines = append(site.Deals.Pipelines, config.Pipeline{
		ID: "partners", Name: config.Text{"": "Partners"}, Stages: []config.Stage{{ID: "met", Name: config.Text{"": "Met"}}},
	})
	in, err := d.dialog.Enter(t.Context(), site.ID, strings.Repeat("s", 43), store.Device{Language: "en", CountryCode: "GB"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.dialog.Say(t.Context(), in, dialog.Message{Client: "client-0000000001", Text: "Hello"}); err != nil {
		t.Fatal(err)
	}

	return func(text string) string {
		t.Helper()

		visitor, err := d.store.Visitor(t.Context(), in.Visitor)
		if err != nil {
			t.Fatal(err)
		}
		text, inDesk := strings.CutPrefix(text, deskSays)
		if inDesk {
			if visitor, err = d.dialog.DeskOf(t.Context(), site.ID); err != nil {
				t.Fatal(err)
			}
		}
		c := dialog.Command{
			Site: site, Visitor: visitor, Sender: "@ann:example.org", Name: "Ann", Allowed: true, Text: text, Event: id.EventID(text),
		}
		prepared, err := d.Prepare(t.Context(), c)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c.Answer = prepared.Answer
		answer, err := d.Command(t.Context(), c)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return answer.Plain
	}
}

func holds(t *testing.T, command, answer string, words ...string) {
	t.Helper()
	answer = strings.ReplaceAll(answer, "\u00a0", " ")
	for _, word := range words {
		if !strings.Contains(answer, word) {
			t.Errorf("%s: %q is missing in:\n%s", command, word, answer)
		}
	}
}

func TestDealsAreKeptMovedAndClosed(t *testing.T) {
	ask := told(t, config.English)
	for _, step := range []struct {
		command string
		words   []string
	}{
		{"!deal", []string{"no deal", "!deal add Team plan 1200 EUR"}},
		{"!deal add", []string{"needs a title"}},
		{"!deal add Team plan 1 200,50 eur", []string{"Deal 1 is kept: Team plan, 1,200.50 EUR. Sales: New."}},
		{"!deal add Version 2", []string{"Deal 2 is kept: Version 2. Sales: New."}},
		{"!deal add 5 EUR", []string{"Deal 3 is kept: 5 EUR."}}, // a title, whatever it looks like
		{"!deal add Shower gel 50", []string{"is kept: Shower gel 50. Sales"}},
		{"!deal 1 stage offer", []string{"Deal 1: Team plan, 1,200.50 EUR. Sales: Offer sent."}},
		{"!deal 1 stage Offer sent", []string{"so already"}},
		{"!deal #1 stage nowhere", []string{"“nowhere” is no stage of “Sales”", "talks (In talks)"}},
		{"!deal 2 pipeline Partners", []string{"Deal 2: Version 2. Partners: Met."}},
		{"!deal 2 pipeline else", []string{"is no pipeline", "partners (Partners)"}},
		{"!deal 2 amount 99.999", []string{"Deal 2: Version 2, 99,999 EUR."}},
		{"!deal 2 amount much", []string{"“much” is no amount"}},
		{"!deal 2 amount -", []string{"Deal 2: Version 2. Partners: Met."}},
		{"!deal 2 title Version 3", []string{"Deal 2: Version 3."}},
		{"!deal 1 won", []string{"Deal 1: Team plan, 1,200.50 EUR. Sales: Offer sent: won."}},
		{"!deal 1 won", []string{"so already"}},
		{"!deal 9 won", []string{"no deal 9", "4, 3, 2, 1"}},
		{"!deal 9", []string{"no deal 9"}},
		{"!deal 1 lost now", []string{"cannot be done"}},
		{"!deal nonsense", []string{"cannot be done", "!deal [add TITLE|NUMBER [won|lost|open|stage STAGE|amount AMOUNT|title TITLE|pipeline PIPELINE]]"}},
		{"!deal", []string{"- 3 5 EUR", "- 2 Version 3", "- 1 Team plan, 1,200.50 EUR. Sales: Offer sent: won"}},
		{"!deal 1", []string{"@ann:example.org: kept as “Team plan”", "amount – → 1,200.50 EUR", "Sales: New → Sales: Offer sent", "open → won"}},
		{"!visitor", []string{"- Deal 2: Version 3. Partners: Met"}},
	} {
		holds(t, step.command, ask(step.command), step.words...)
	}
}

// A stage is one line, whatever its deals are paid in.
func TestSumsOfAStageStandBehindEachOther(t *testing.T) {
	ask := told(t, config.English)
	for _, add := range []string{"Team plan 1200 EUR", "Support 300.50 EUR", "Licence 70 USD", "A talk"} {
		ask("!deal add " + add)
	}
	ask("!deal 3 stage offer")
	ask("!deal add Licences 5 GBP")
	ask("!deal 5 stage offer")
	ask("!deal add Version 2")
	ask("!deal 6 pipeline partners")
	want := "Open deals\n- Sales: New: 3, 1,500.50 EUR\n- Sales: Offer sent: 2, 5 GBP + 70 USD\n- Partners: Met: 1"
	if got := strings.ReplaceAll(ask(deskSays+"!deals"), "\u00a0", " "); got != want {
		t.Errorf("the sums are\n%s\nwant\n%s", got, want)
	}
}

// A command of the other room is answered in one sentence that does not deny it.
func TestACommandOfTheDesksRoomIsNoUnknownOne(t *testing.T) {
	for language, want := range map[config.Language]string{
		config.English: "Nothing was sent to the visitor: !deals works only in the desk’s room. Begin with “!!” to send the text as it is, or just edit it.",
		config.Russian: "Посетителю ничего не отправлено: команда !deals работает только в операторской. Чтобы отправить текст как есть, начните его с «!!» или просто отредактируйте.",
	} {
		ask := told(t, language)
		if got := ask("!deals"); got != want {
			t.Errorf("answered is %q, want %q", got, want)
		}
		if got := ask("!help deals"); strings.Contains(got, "\n") || !strings.Contains(got, "!deals") {
			t.Errorf("!help deals is answered %q", got)
		}
	}
}

func TestContactsAreChecked(t *testing.T) {
	ask := told(t, config.English)
	for _, step := range []struct {
		command string
		words   []string
	}{
		{"!contact", []string{"Nothing is known yet"}},
		{"!contact email ann at example", []string{"is no e-mail address"}},
		{"!contact email Ann <ann@Example.com>", []string{"E-mail: ann@example.com"}},
		{"!contact phone 020 7946 0000", []string{"Phone: +442079460000"}},
		{"!contact phone 12", []string{"is no phone number"}},
		{"!contact company Tea & Co.", []string{"Company: Tea & Co."}},
		{"!contact note Calls back on Monday", []string{"Note: Calls back on Monday"}},
		{"!contact fax 12", []string{"no “fax”"}},
		{"!contact phone", []string{"!contact [email|phone|company|note VALUE]"}},
		{"!contact phone -", []string{"Phone: nothing any more"}},
		{"!contact", []string{"- E-mail: ann@example.com\n- Company: Tea & Co.\n- Note: Calls back on Monday"}},
		{"!visitor", []string{"email = ann@example.com", "- Note: Calls back on Monday"}},
		{"!set email=x", []string{"“x” is no e-mail address"}},
		{"!set phone=12", []string{"is no phone number"}},
		{"!set email=Eve <eve@Example.com>", []string{"E-mail: eve@example.com"}},
		{"!set note=a variable", []string{"note", "a variable"}},
		{"!contact", []string{"- E-mail: eve@example.com\n- Company: Tea & Co.\n- Note: Calls back on Monday"}},
		{"!set company=", []string{"Company: nothing any more"}},
		{"!contact note " + strings.Repeat("x", dialog.MaxNote+1), []string{"too long"}},
	} {
		holds(t, step.command, ask(step.command), step.words...)
	}
}

func TestDealsInRussian(t *testing.T) {
	ask := told(t, config.Russian)
	holds(t, "add", ask("!deal add Командный тариф, 120 000 RUB"), "Сделка 1 заведена: Командный тариф, 120 000 RUB. Продажи: Новая.")
	holds(t, "stage", ask("!deal 1 stage переговоры"), "Продажи: Переговоры")
	holds(t, "lost", ask("!deal 1 lost"), "проиграна")
	holds(t, "phone", ask("!contact phone +7 (495) 123-45-67"), "Телефон: +74951234567")
	holds(t, "phone", ask("!contact phone 8 495"), "«8 495» — не номер телефона")
}
