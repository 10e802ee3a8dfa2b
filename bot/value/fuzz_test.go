package value_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bot/value"
)

// names are those of a site with a variable of each type.
func names() *value.Names {
	n := value.NewNames([]string{"shop"}, []string{"token"})
	for name, t := range map[string]value.Type{"text": value.Text, "count": value.Number, "yes": value.Boolean, "day": value.Date, "likes": value.List} {
		n.Declare(name, t)
	}
	return n
}

// around are the values of a visitor who is hostile in everything.
func around(n *value.Names, hostile string) *value.Env {
	return n.Env(value.Now{
		Facts: talk.Facts{
			Name: hostile, Email: hostile, Phone: hostile, Language: hostile, City: hostile, Zone: hostile, Tags: []string{hostile, hostile},
			Variables: map[string]string{"text": hostile, "count": hostile, "yes": hostile, "day": hostile, "likes": hostile},
		},
		At: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC), Constants: map[string]string{"shop": hostile}, Last: hostile,
		Event: map[string]any{"key": hostile, "n": 1.5, hostile: hostile},
	})
}

func expressions() []string {
	return []string{
		`text`, `count + 1`, `1 / count`, `text ?? "none"`, `"vip" in tags`, `visits > 3 and not yes`, `len(text) * 2`, `upper(text)`, `split(text, ",")`,
		`likes | filter(len(#) > 1) | map(upper(#)) | join(", ")`, `day < now`, `now - duration("2h")`, `date("2026-12-24")`, `text matches "^a+$"`, `event.key`,
		`event["n"] * 2`, `site.shop`, `place.city == ""`, `replace(text, "a", text)`, `text[1:3]`, `1..count`, `sum(1..1000)`, `int(text)`, `float(count)`, `day.Weekday().String()`,
		`{`, `((((`, `a.b.c`, `-`, `"`, "`", `1e999`, `let x = 1; x`, `nil`, `text + 1`, `#`, `reverse(likes)`, `sort(likes)`, `"a" * 3`,
	}
}

// FuzzExpression compiles what an author may write and computes it with what a
// visitor may be: there are values and errors, and nothing else.
func FuzzExpression(f *testing.F) {
	for _, x := range expressions() {
		f.Add(x, "hostile")
	}
	f.Add(`replace(text, "", text)`, strings.Repeat("a", 512))
	f.Add(`count`, "1e400")
	f.Add(`text matches text`, "(a+)+$")
	f.Add(`day`, "9999-12-31T23:59:59+14:00")
	f.Add(`likes`, `["a", "b"]`)
	f.Fuzz(func(t *testing.T, source, hostile string) {
		n := names()
		began := time.Now()
		x, err := n.Compile(source)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error says nothing")
			}
			return
		}
		_ = x.Type()
		v, err := x.Eval(around(n, hostile))
		if err == nil {
			keeps(t, v)
		}
		if condition, err := n.Condition(source); err == nil {
			_, _ = condition.True(around(n, hostile)) // both are good, as long as there is no panic
		}
		const slow = 5 * time.Second
		if took := time.Since(began); took > slow {
			t.Errorf("%q took %s", source, took)
		}
	})
}

// keeps tries a value as each type: what is kept is read as what is kept.
func keeps(t *testing.T, v any) {
	t.Helper()
	for _, typ := range []value.Type{value.Text, value.Number, value.Boolean, value.Date, value.List} {
		kept, err := typ.Keep(v)
		if err != nil {
			continue
		}
		again, err := typ.Keep(typ.Read(kept, time.UTC))
		if err != nil || typ != value.Date && again != kept {
			t.Errorf("%v as a %s is kept as %q and then as %q: %v", v, typ, kept, again, err)
		}
	}
}

// FuzzTemplate does the same with texts.
func FuzzTemplate(f *testing.F) {
	for _, x := range expressions() {
		f.Add("Hello {{ "+x+" }}!", "hostile", "en")
	}
	f.Add("{{", "", "ru")
	f.Add("{{ '}}' }}", "{{ text }}", "ru")
	f.Add("{{ \"\\\"}}\" }} }}", "x", "")
	f.Add("{{ secret.token }}{{secret.}}", "x", "en-GB")
	f.Fuzz(func(t *testing.T, text, hostile, language string) {
		n := names()
		if template, err := n.Template(text); err == nil {
			written, _ := template.Render(around(n, hostile), language) // an error leaves the place empty
			if !strings.Contains(text, "{{") && written != text {
				t.Errorf("%q without places is written as %q", text, written)
			}
			if utf8.ValidString(text) && utf8.ValidString(hostile) && template.IsPlain() && !utf8.ValidString(written) {
				t.Errorf("%q is written as %q", text, written)
			}
		}
		if _, err := n.SecretTemplate(text); err != nil && err.Error() == "" {
			t.Error("an error says nothing")
		}
	})
}
