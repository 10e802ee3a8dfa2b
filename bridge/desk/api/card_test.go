package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// secretOf is that of a visitor of the house.
func secretOf(name string) string { return (name + strings.Repeat("s", 43))[:43] }

func TestASiteTellsWhatItHas(t *testing.T) {
	h := start(t)
	all := h.tokens["all"]
	h.ask(t, all, "PUT", "/contacts/"+string(h.bob)+"/tags/lead", "").wants(t, 200)
	for _, v := range []chat.VisitorID{h.ann, h.bob} {
		h.ask(t, all, "PUT", "/contacts/"+string(v)+"/tags/VIP", "").wants(t, 200)
	}
	h.ask(t, h.tokens["blog"], "PUT", "/api/v1/sites/blog/contacts/"+string(h.other)+"/tags/theirs", "").wants(t, 200)
	if err := h.store.SetAway(t.Context(), "shop", "@ann:example.org", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	got := h.ask(t, all, "GET", "", "")
	got.wants(t, 200, "id", "shop", "name", "shop", "language", "en", "bot", true, "currency", "EUR", "me.operator", nil)
	for _, want := range []string{
		`"operators":[{"id":"@ann:example.org","away":true}]`, `"chains":[{"name":"order","title":"Order tea"},{"name":"prices","title":"Price list"}]`, `"assistants":["sales"]`, `"tags":["VIP","lead"]`,
		`"pipelines":[{"id":"sales","name":"Sales","stages":[{"id":"new","name":"New"},{"id":"talks","name":"In talks"},{"id":"offer","name":"Offer sent"}]}]`,
		`"desk_room":"https://matrix.to/#/%23anteroom_`,
	} {
		if !strings.Contains(got.text, want) {
			t.Errorf("%s is missing in %s", want, got.text)
		}
	}
	blog := h.ask(t, h.tokens["blog"], "GET", "/api/v1/sites/blog", "")
	blog.wants(t, 200, "bot", false)
	if !strings.Contains(blog.text, `"chains":[],"assistants":[]`) || !strings.Contains(blog.text, `"tags":["theirs"]`) {
		t.Errorf("the other site is %s", blog.text)
	}
}

func TestACardHasAllThatIsKnown(t *testing.T) {
	h := start(t)
	ann := "/contacts/" + string(h.ann)
	in, err := h.Enter(t.Context(), "shop", secretOf("ann"), store.Device{Language: "en", CountryCode: "GB", Country: "United Kingdom", TimeZone: "Europe/London"})
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range []string{"https://shop.example/?utm_source=news&utm_campaign=tea", "javascript:alert(1)"} {
		if err := h.Page(t.Context(), in, store.Page{URL: page, Title: fmt.Sprintf("<b>%d</b>", i)}, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Set(t.Context(), h.ann, "plan", "team"); err != nil {
		t.Fatal(err)
	}
	pass, err := h.Identify(t.Context(), "shop", secretOf("ann"), dialog.Person{Subject: "user-1", Name: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	user, err := h.Enter(t.Context(), "shop", pass.Secret, store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	got := h.ask(t, h.tokens["all"], "GET", ann, "")
	got.wants(t, 200, "visits", 1.0, "first_page", "https://shop.example/?utm_source=news&utm_campaign=tea", "campaign", "news / tea", "time_zone", "Europe/London",
		"country", "United Kingdom", "connections", 0.0, "unsubscribed", false, "address_blocked", false, "variables_by.plan", "operator",
		"dialog.bot.doing", nil, "dialog.bot.can_continue", false)
	if want := fmt.Sprintf(`"before":[],"after":[{"id":%q,"number":3,"name":"Ann"}]`, user.Visitor); !strings.Contains(got.text, want) {
		t.Errorf("%s is missing in %s", want, got.text)
	}
	h.ask(t, h.tokens["all"], "GET", "/contacts/"+string(user.Visitor), "").wants(t, 200, "subject", "user-1", "after.0", nil)

	pages := h.ask(t, h.tokens["all"], "GET", ann+"/pages", "")
	items, _ := pages.at("items").([]any)
	if len(items) != 2 || strings.Index(pages.text, "javascript:alert(1)") > strings.Index(pages.text, "utm_source") || pages.at("next") != nil {
		t.Errorf("the pages are %s", pages.text)
	}
}

// A contact has where its mails go and what it agreed to; lists have neither.
func TestACardHasMailsAndConsents(t *testing.T) {
	h := start(t)
	h.site.MailVisitors.Answers = true
	at := time.Date(2026, time.March, 4, 10, 20, 30, 0, time.UTC)
	if err := h.store.AddConsent(t.Context(), "shop", h.ann, store.Consent{Hash: "9f86d081", Text: "We keep what you write.", At: at}); err != nil {
		t.Fatal(err)
	}
	in, err := h.Enter(t.Context(), "shop", secretOf("ann"), store.Device{})
	if err != nil {
		t.Fatal(err)
	}
	path := "/contacts/" + string(h.ann)
	h.ask(t, h.tokens["all"], "GET", path, "").wants(t, 200, "mails.state", "unknown", "mails.to", "", "mails.last_at", nil)
	on, off := true, false
	if err := h.WishMails(t.Context(), in, dialog.MailWish{Answers: &on, To: "ann@example.org"}); err != nil {
		t.Fatal(err)
	}
	for i, about := range []dialog.MailAbout{dialog.MailTranscript, dialog.MailUnread} {
		if _, err := h.store.QueueDelivery(t.Context(), store.Delivery{
			Site: "shop", Visitor: h.ann, Kind: store.Mail, Target: "ann@example.org", Origin: "to visitor " + string(about) + ":1", Payload: "{}",
		}, at.Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	got := h.ask(t, h.tokens["all"], "GET", path, "")
	got.wants(t, 200, "mails.state", "on", "mails.to", "ann@example.org", "mails.last_at", "2026-03-04T11:20:30Z", "mails.last_state", "pending")
	if want := `"consents":[{"at":"2026-03-04T10:20:30Z","hash":"9f86d081","current":false}]`; !strings.Contains(got.text, want) {
		t.Errorf("%s is missing in %s", want, got.text)
	}
	if err := h.WishMails(t.Context(), in, dialog.MailWish{Answers: &off}); err != nil {
		t.Fatal(err)
	}
	h.ask(t, h.tokens["all"], "GET", path, "").wants(t, 200, "mails.state", "off")
	if list := h.ask(t, h.tokens["all"], "GET", "/contacts", ""); list.status != 200 || strings.Contains(list.text, `"mails"`) || strings.Contains(list.text, `"consents"`) {
		t.Errorf("the list is %s", list.text)
	}
}

// A contact has what it filled in and the word to its rating; the word is not for who may
// not read messages.
func TestACardHasFormsAndTheRatingsWord(t *testing.T) {
	h := start(t)
	h.site.Widget.Rating = config.RateStars
	h.site.Widget.Forms.Start = &config.Form{Fields: []config.FormField{
		{Type: config.FieldName}, {Type: config.FieldSelect, Name: "topic", Label: config.Text{"": "Topic:"}, Choices: []config.Text{{"": "An order"}, {"": "Else"}}},
	}}
	h.site.Widget.Consent = config.Text{"": "We keep what you write."}
	agreed := config.ConsentHash("We keep what you write.")
	in, err := h.EnterAgreed(t.Context(), "shop", secretOf("ann"), store.Device{}, agreed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Fill(t.Context(), in, "form-0001", "start", map[string]string{"name": "Maria", "topic": "1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Close(t.Context(), h.ann); err != nil {
		t.Fatal(err)
	}
	flow, err := h.Flow(t.Context(), in)
	if err != nil || flow.Rate == nil {
		t.Fatalf("nothing can be rated: %+v (%v)", flow, err)
	}
	if _, err := h.Rate(t.Context(), in, "rate-0001", flow.Rate.Closed, 2, "Slow"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Rate(t.Context(), in, "rate-0002", flow.Rate.Closed, 3, "Slow and rude"); err != nil {
		t.Fatal(err)
	}
	path := "/contacts/" + string(h.ann)
	got := h.ask(t, h.tokens["all"], "GET", path, "")
	got.wants(t, 200, "dialog.rating.score", 3.0, "dialog.rating.word", "Slow and rude")
	for _, want := range []string{
		`"form":"start","answers":[{"name":"name","label":"","value":"Maria"},{"name":"topic","label":"Topic","value":"Else"}]`,
		fmt.Sprintf(`"hash":%q,"current":true`, agreed),
	} {
		if !strings.Contains(got.text, want) {
			t.Errorf("%s is missing in %s", want, got.text)
		}
	}
	if list := h.ask(t, h.tokens["all"], "GET", "/contacts", ""); !strings.Contains(list.text, `"word":"Slow and rude"`) || strings.Contains(list.text, `"forms"`) {
		t.Errorf("the list is %s", list.text)
	}
	h.ask(t, h.tokens["contacts:read"], "GET", path, "").wants(t, 200, "dialog.rating.score", 3.0, "dialog.rating.word", nil)
}

// What the bot does is a step of a chain that waits, until it is silenced, and again when it continues.
func TestACardSaysWhatTheBotDoes(t *testing.T) {
	h := start(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.RunBot(ctx)
	}()
	defer func() { stop(); <-done }()
	all, ann := h.tokens["all"], "/contacts/"+string(h.ann)
	h.ask(t, all, "POST", ann+"/chains/order", "").wants(t, 202)
	h.await(t, "the bot asks", func() bool {
		got := h.ask(t, all, "GET", ann, "")
		return got.at("dialog.bot.doing.chain") == "order" && got.at("dialog.bot.doing.step") == "size" && got.at("dialog.bot.doing.title") == "Order tea"
	})
	h.ask(t, all, "POST", ann+"/messages", `{"text":"I take over","operator":"@ann:example.org"}`).wants(t, 201)
	h.await(t, "it can go on", func() bool {
		got := h.ask(t, all, "GET", ann, "")
		return got.at("dialog.bot.can_continue") == true && got.at("dialog.bot.doing") == nil && got.at("dialog.bot.on") == false
	})
	h.ask(t, all, "PATCH", ann+"/dialog", `{"bot":{"on":true,"continue":true}}`).wants(t, 200, "dialog.bot.on", true)
	h.await(t, "it goes on", func() bool {
		return h.ask(t, all, "GET", ann, "").at("dialog.bot.doing.step") == "size"
	})
	// There is nothing to go on with, so it is only on.
	h.ask(t, all, "PATCH", ann+"/dialog", `{"bot":{"on":true,"continue":true}}`).wants(t, 200, "dialog.bot.on", true)
	h.ask(t, all, "PATCH", ann+"/dialog", `{"status":"closed"}`).wants(t, 200)
	h.ask(t, all, "PATCH", ann+"/dialog", `{"bot":{"on":true,"continue":true}}`).wants(t, 409, "code", "closed")
	h.ask(t, all, "POST", ann+"/assistants/sales", "").wants(t, 409, "code", "closed")
	h.ask(t, all, "POST", ann+"/chains/order", "").wants(t, 409, "code", "closed")
	h.ask(t, all, "POST", ann+"/chains/none", "").wants(t, 404, "code", "not_found")
	told := strings.Join(h.notices(t, h.ann), "\n")
	if strings.Count(told, "go on where it was silenced") != 1 || strings.Count(told, "start the chain order") != 1 {
		t.Errorf("the room is told\n%s", told)
	}
}

func (h *house) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	end, pause := time.After(20*time.Second), time.NewTicker(60*time.Millisecond) // a token asks 20 times a second
	defer pause.Stop()
	for !holds() {
		select {
		case <-pause.C:
		case <-end:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestTheBotSaysWhatItIsTold(t *testing.T) {
	h := start(t)
	all, messages := h.tokens["all"], "/contacts/"+string(h.ann)+"/messages"
	body := `{"text":"Your order is on its way.","as":"bot"}`
	first := h.ask(t, all, "POST", messages, body, "Idempotency-Key", "order-1")
	first.wants(t, 201, "party", "bot", "author", nil, "text", "Your order is on its way.")
	if again := h.ask(t, all, "POST", messages, body, "Idempotency-Key", "order-1"); again.text != first.text {
		t.Errorf("again it is %s", again.text)
	}
	// The bot goes on, and who waits for a person waits.
	got := h.ask(t, all, "GET", "/contacts/"+string(h.ann), "")
	got.wants(t, 200, "dialog.bot.on", true)
	if got.at("dialog.waiting_since") == nil {
		t.Error("nobody waits any more")
	}
	unsent, err := h.store.Unsent(t.Context(), h.ann, 50)
	if err != nil || !strings.Contains(fmt.Sprint(unsent), "on its way") {
		t.Errorf("on its way to the room are %v (%v)", unsent, err)
	}
	if told := strings.Join(h.notices(t, h.ann), "\n"); strings.Count(told, "wrote the bot’s last message") != 1 {
		t.Errorf("the room is told\n%s", told)
	}
	h.ask(t, all, "PATCH", "/contacts/"+string(h.bob)+"/dialog", `{"blocked":true}`).wants(t, 200)
	h.ask(t, all, "POST", "/contacts/"+string(h.bob)+"/messages", body).wants(t, 403, "code", "blocked")
}

func TestAnAddressIsBlocked(t *testing.T) {
	h := start(t)
	all, path := h.tokens["all"], "/contacts/"+string(h.ann)+"/dialog"
	if err := h.CameFrom(t.Context(), h.ann, "hash"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time changes nothing, and is not told
		h.ask(t, all, "PATCH", path, `{"address_blocked":true}`).wants(t, 200, "address_blocked", true, "dialog.blocked", false)
	}
	for range 2 {
		h.ask(t, all, "PATCH", path, `{"address_blocked":false}`).wants(t, 200, "address_blocked", false)
	}
	told := strings.Join(h.notices(t, h.ann), "\n")
	for _, words := range []string{"everybody from the visitor’s address", "address is not blocked any more"} {
		if strings.Count(told, words) != 1 {
			t.Errorf("%q is told %d times:\n%s", words, strings.Count(told, words), told)
		}
	}
}

func TestAContactIsErasedByItsNumber(t *testing.T) {
	h := start(t)
	all, ann := h.tokens["all"], "/contacts/"+string(h.ann)
	h.ask(t, all, "DELETE", ann, `{"number":2}`).wants(t, 400, "code", "wrong_number")
	h.ask(t, all, "GET", ann, "").wants(t, 200)
	h.ask(t, all, "DELETE", ann, `{"number":1}`, "Idempotency-Key", "gone").wants(t, 204)
	h.ask(t, all, "DELETE", ann, `{"number":1}`, "Idempotency-Key", "gone").wants(t, 404, "code", "unknown_contact")
	if _, err := h.store.Visitor(t.Context(), h.ann); err != store.ErrNotFound { //nolint:errorlint // never wrapped
		t.Errorf("the visitor is still there: %v", err)
	}
	left, err := h.store.ErasureOf(t.Context(), h.ann)
	if err != nil || left.By != "all (API)" || left.Number != 1 {
		t.Errorf("left to do is %+v (%v)", left, err)
	}
	desk, err := h.DeskOf(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	if told := strings.Join(h.notices(t, desk.ID), "\n"); strings.Count(told, "Visitor #1 was erased by all (API).") != 1 {
		t.Errorf("the desk is told\n%s", told)
	}
	h.ask(t, all, "GET", "/contacts/"+string(h.bob), "").wants(t, 200)
}

// The export is the file that operators get by "!export", whatever its length.
func TestAnExportIsTheFileOfOperators(t *testing.T) {
	h := start(t)
	in, err := h.Enter(t.Context(), "shop", secretOf("ann"), store.Device{Language: "en", CountryCode: "GB"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.Write(t.Context(), func(ctx context.Context) error {
		for i := range 1200 {
			if _, err := h.Say(ctx, in, dialog.Message{Client: chat.ClientID(fmt.Sprintf("cup-%013d", i)), Text: fmt.Sprintf("Cup %d", i)}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := h.store.SetRating(t.Context(), h.ann, store.Rating{Score: 4, Of: 5}, time.Date(2026, 11, 26, 12, 5, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	got := h.ask(t, h.tokens["contacts:export"], "GET", "/contacts/"+string(h.ann)+"/export", "")
	got.wants(t, 200, "format", "chat.anteroom.visitor", "site", "shop", "visitor.number", 1.0, "visitor.id", string(h.ann))
	if name := got.header.Get("Content-Disposition"); !strings.HasPrefix(name, "attachment; filename=visitor-1-") || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("it comes with %v", got.header)
	}
	if openings, _ := got.at("dialog.openings").([]any); len(openings) != 1 || !strings.Contains(got.text, `"ratings":[{"at":"2026-11-26T12:05:00Z","score":4,"of":5}]`) {
		t.Errorf("of the statistics there is %v: %.2000s", openings, got.text)
	}
	if entries, _ := got.at("entries").([]any); len(entries) != 1201 || !strings.Contains(fmt.Sprint(entries[1200]), "Cup 1199") {
		t.Errorf("%d entries are exported", len(entries))
	}
	file, err := h.desk.Export(t.Context(), h.site, h.visitorOf(t, h.ann))
	if err != nil {
		t.Fatal(err)
	}
	var ours strings.Builder
	if err := file.Write(&ours); err != nil {
		t.Fatal(err)
	}
	if a, b := withoutTime(t, ours.String()), withoutTime(t, got.text); a != b {
		t.Errorf("operators get\n%.500s\nprograms\n%.500s", a, b)
	}
}

func (h *house) visitorOf(t *testing.T, v chat.VisitorID) store.Visitor {
	t.Helper()
	visitor, err := h.store.Visitor(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	return visitor
}

// withoutTime is an export without the time at which it was made.
func withoutTime(t *testing.T, text string) string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	delete(all, "exported_at")
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestASiteIsSummedUp(t *testing.T) {
	h := start(t)
	all, messages := h.tokens["all"], "/contacts/"+string(h.ann)+"/messages"
	h.ask(t, all, "GET", "/stats?days=1", "").wants(t, 200, "days", 1.0, "visitors", 2.0, "first_answer.counted", 0.0, "first_answer.median_s", nil,
		"average_rating", nil, "bot_share", 0.0, "open", 2.0, "waiting", 2.0)
	h.ask(t, all, "POST", messages, `{"text":"Your order is on its way.","as":"bot"}`).wants(t, 201)
	h.ask(t, all, "GET", "/stats", "").wants(t, 200, "days", 30.0, "bot_share", 0.5)
	h.ask(t, all, "POST", messages, `{"text":"We do!","operator":"@ann:example.org"}`).wants(t, 201)
	for i, score := range []int64{5, 3} {
		if err := h.store.SetRating(t.Context(), h.ann, store.Rating{Score: score, Of: 5}, time.Now().Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	h.ask(t, all, "PATCH", "/contacts/"+string(h.bob)+"/dialog", `{"status":"closed"}`).wants(t, 200)
	got := h.ask(t, h.tokens["stats:read"], "GET", "/stats?days=92", "")
	got.wants(t, 200, "days", 92.0, "visitors", 2.0, "first_answer.counted", 1.0, "average_rating", 4.0, "bot_share", 0.0, "open", 1.0, "waiting", 0.0)
	var hours, asked float64
	for _, n := range got.at("hours").([]any) {
		hours += n.(float64)
	}
	days := got.at("by_day").([]any)
	for _, day := range days {
		asked += day.(map[string]any)["asked"].(float64)
	}
	if len(days) != 92 || hours != 2 || asked != 2 {
		t.Errorf("%d days; %v messages by hour, %v by day: %s", len(days), hours, asked, got.text)
	}
	for _, want := range []string{`"ratings":[{"score":5,"of":5,"count":1},{"score":3,"of":5,"count":1}]`, `"operators":[{"id":"@ann:example.org","messages":1,"dialogs":1}]`, `"asked":2,"replied":1,"bot":1,"new":2,"closed":1}`} {
		if !strings.Contains(got.text, want) {
			t.Errorf("%s is missing in %s", want, got.text)
		}
	}
	h.ask(t, h.tokens["blog"], "GET", "/api/v1/sites/blog/stats", "").wants(t, 200, "visitors", 1.0, "open", 1.0)
}

// chains are those of the house.
func writeChains(t testing.TB, folder string) {
	t.Helper()
	for name, text := range map[string]string{
		"prices": "title: Price list\non:\n  - command: /prices\nsteps:\n  - say: Tea costs 5.\n",
		"order":  "title: Order tea\non:\n  - command: /order\nsteps:\n  - ask: Which size?\n    label: size\n    save: size\n  - say: Good.\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
