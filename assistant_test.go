package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/anteroom-chat/anteroom/bot/gpt/gpttest"
)

// assisted is a config with an assistant at a scriptable endpoint, and a folder of
// knowledge beside it. more are lines of its section, indented by six.
func assisted(t *testing.T, more string, knowledge map[string]string) (path string, server *gpttest.Server) {
	t.Helper()
	// Vectors are kept by the endpoint's address, and a port comes again.
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	server = gpttest.Start(t)
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "facts"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range knowledge {
		if err := os.WriteFile(filepath.Join(folder, "facts", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path = filepath.Join(folder, "config.yaml")
	text := fmt.Sprintf(`homeserver: {address: "http://127.0.0.1:8008", domain: example.com}
appservice: {as_token: as-0123456789abcdef0123456789abcdef, hs_token: hs-0123456789abcdef0123456789abcdef}
gateway: {public_url: "https://chat.example.com"}
sites:
  shop:
    name: Shop
    origins: ["https://shop.example.com"]
    operators: ["@ann:example.com"]
    bot: {enabled: true}
    assistant:
      instruction: You help in a tea shop.
      knowledge: facts
      endpoints: [{base_url: %q, model: m, price: {prompt: 1, completion: 2, currency: EUR}}]
%s`, server.URL, more)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, server
}

const delivery = "---\nurl: https://shop.example.com/delivery\n---\n\n# Delivery\n\nBy courier in two days.\n\n# Returns\n\nWithin a month.\n"

func TestAssistantAsk(t *testing.T) {
	path, server := assisted(t, "", map[string]string{"delivery.md": delivery})
	server.Says("Two days [1].")
	code, stdout, stderr := called(t, "assistant", "ask", "-c", path, "How long does delivery take?")
	if code != exitOK {
		t.Fatalf("code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"Two days", "Source: Delivery (https://shop.example.com/delivery", "All 2 passages are in the prompt", "delivery.md:",
		"The prompt has about ", "EUR", "The first words came after",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not in\n%s", want, stdout)
		}
	}
	if asked := server.Last(); asked.Asked() != "How long does delivery take?" || !strings.Contains(asked.Prompt("system"), "By courier") {
		t.Errorf("the model was told %+v", asked.Messages)
	}
	server.Script(gpttest.Calls("hand_over", `{"reason":"asks for a person"}`))
	if _, stdout, _ := called(t, "assistant", "ask", "-c", path, "-prompt", "A person, please"); !strings.Contains(stdout, "It uses a tool: hand_over") || !strings.Contains(stdout, "tea shop") {
		t.Errorf("printed\n%s", stdout)
	}
	server.Script(gpttest.WrongKey())
	if code, _, stderr := called(t, "assistant", "ask", "-c", path, "Hi"); code != exitFault || !strings.Contains(stderr, "there is no answer (endpoint)") {
		t.Errorf("code %d: %s", code, stderr)
	}
	for _, wrong := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-site", "other", "Hi"}, exitFault, `no site "other"`},
		{[]string{"-assistant", "sales", "Hi"}, exitFault, `no assistant "sales"`},
		{[]string{" "}, exitUsage, "the question is empty"},
		{nil, exitUsage, "name one QUESTION"},
	} {
		if code, _, stderr := called(t, append([]string{"assistant", "ask", "-c", path}, wrong.args...)...); code != wrong.code || !strings.Contains(stderr, wrong.want) {
			t.Errorf("%q: code %d: %s", wrong.args, code, stderr)
		}
	}
}

// What was embedded for one question is not for the next.
func TestAssistantAskKeepsVectors(t *testing.T) {
	path, server := assisted(t, "      embeddings: {base_url: \"BASE\", model: e}\n", map[string]string{"delivery.md": delivery})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "BASE", server.URL, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Always(gpttest.Says("Two days."))
	var mu sync.Mutex
	embedded := 0
	server.Embeddings(func(r gpttest.Request) gpttest.Reply {
		mu.Lock()
		defer mu.Unlock()
		if len(r.Input) > 1 { // passages, and not the question
			embedded++
		}
		return gpttest.Reply{}
	})
	for range 2 {
		if code, _, stderr := called(t, "assistant", "ask", "-c", path, "Delivery?"); code != exitOK {
			t.Fatalf("code %d: %s", code, stderr)
		}
	}
	if embedded != 1 {
		t.Errorf("the passages were embedded %d times", embedded)
	}
}

func TestAssistantCheck(t *testing.T) {
	path, server := assisted(t, "", map[string]string{"delivery.md": delivery})
	if code, stdout, _ := called(t, "assistant", "check", "-c", path); code != exitOK || !strings.Contains(stdout, "Site shop, assistant assistant: 2 passages of about") {
		t.Errorf("code %d:\n%s", code, stdout)
	}
	path, _ = assisted(t, "      answers: chains\n", map[string]string{"delivery.md": delivery})
	if code, stdout, _ := called(t, "assistant", "check", "-c", path); code != exitOK || !strings.Contains(stdout, "and no chain has it") {
		t.Errorf("code %d:\n%s", code, stdout)
	}
	path, _ = assisted(t, "      knowledge_tokens: 100\n", map[string]string{"delivery.md": "# Delivery\n\n" + strings.Repeat("A courier brings it within two days. ", 40)})
	if code, stdout, _ := called(t, "assistant", "check", "-c", path); code != exitOK || !strings.Contains(stdout, "searched for each question") {
		t.Errorf("code %d:\n%s", code, stdout)
	}
	path, _ = assisted(t, "", map[string]string{"faq.yaml": "questions:\n  - q: Tea?\n"})
	if code, stdout, _ := called(t, "assistant", "check", "-c", path); code != exitFault || !strings.Contains(stdout, "faq.yaml:2:") {
		t.Errorf("code %d:\n%s", code, stdout)
	}
	if len(server.Requests()) > 0 {
		t.Error("an endpoint was asked")
	}
}

// Without its embeddings the assistant is asked all the same, as the bridge does.
func TestAssistantAskWithoutEmbeddings(t *testing.T) {
	path, server := assisted(t, "", map[string]string{"delivery.md": delivery})
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw) + fmt.Sprintf("      embeddings: {base_url: %q, model: e}\n", server.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server.Always(gpttest.Says("Two days [1]."))
	server.Embeddings(func(gpttest.Request) gpttest.Reply { return gpttest.WrongKey() })
	code, stdout, stderr := called(t, "assistant", "ask", "-c", path, "How long does delivery take?")
	if code != exitOK || !strings.Contains(stdout, "Two days") || !strings.Contains(stdout, "delivery.md:") || !strings.Contains(stderr, "are found by their words: ") {
		t.Errorf("code %d:\n%s\n%s", code, stdout, stderr)
	}
	server.Embeddings(func(gpttest.Request) gpttest.Reply { return gpttest.Reply{} })
	if code, stdout, stderr = called(t, "assistant", "ask", "-c", path, "How long does delivery take?"); code != exitOK || strings.Contains(stderr, "by their words") {
		t.Errorf("code %d:\n%s\n%s", code, stdout, stderr)
	}
}

// None of several assistants answers by itself until it is told to: both checks say so.
func TestIdleAssistantsAreTold(t *testing.T) {
	path, server := assisted(t, "", nil)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(raw), "    assistant:\n")
	several := func(answers string) {
		t.Helper()
		text := head + "    assistants:\n"
		for _, name := range []string{"sales", "support"} {
			text += fmt.Sprintf("      %s:\n        instruction: You help.\n        endpoints: [{base_url: %q, model: m}]\n%s", name, server.URL, answers)
			answers = ""
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for answers, idle := range map[string]bool{"": true, "        answers: always\n": false} {
		several(answers)
		for _, command := range [][]string{{"check"}, {"assistant", "check"}} {
			code, stdout, stderr := called(t, append(command, "-c", path)...)
			if code != exitOK || strings.Contains(stdout, `Site shop: The assistant "sales"`) != idle || !strings.Contains(stdout, `Site shop: The assistant "support"`) {
				t.Errorf("%v with %q: code %d:\n%s%s", command, answers, code, stdout, stderr)
			}
		}
	}
}

func called(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, faults bytes.Buffer
	code = execute(t.Context(), args, &out, &faults)
	return code, out.String(), faults.String()
}

// TestAssistantCheckTellsOfALimitThatBoundsNothing: the visitor's own limit is no bound
// either, for a cleared cache is a new visitor.
func TestAssistantCheckTellsOfALimitThatBoundsNothing(t *testing.T) {
	const want = "limits.address bounds nothing while gateway.store_addresses is false"
	for more, told := range map[string]bool{"": true, "      limits: {address: {requests: 0, tokens: 0}}": false} {
		path, _ := assisted(t, more, nil)
		if _, stdout, _ := called(t, "assistant", "check", "-c", path); strings.Contains(stdout, want) {
			t.Errorf("addresses are stored, and it prints\n%s", stdout)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(raw), "gateway: {", "gateway: {store_addresses: false, ", 1)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, stdout, _ := called(t, "assistant", "check", "-c", path); code != exitOK || strings.Contains(stdout, want) != told {
			t.Errorf("code %d, %q prints\n%s", code, more, stdout)
		}
	}
}
