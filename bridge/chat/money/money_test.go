package money_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/anteroom-chat/anteroom/bridge/chat/money"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1200", "1,200 EUR"},
		{"1 200,50", "1,200.50 EUR"},
		{"1,200.50", "1,200.50 EUR"},
		{"1.200", "1,200 EUR"},
		{"1,2", "1.20 EUR"},
		{"0.05", "0.05 EUR"},
		{"usd 5", "5 USD"},
		{"5 RUB", "5 RUB"},
		{"$5", "5 USD"},
		{"5 €", "5 EUR"},
		{"1’000’000", "1,000,000 EUR"},
		{"1 000 000", "1,000,000 EUR"},
		{"300000 JPY", "300,000 JPY"},
		{"1.234 KWD", "1.234 KWD"},
		{"1000000000000 RUB", "1,000,000,000,000 RUB"},
	} {
		got, err := money.Parse(c.text, "EUR")
		if english := got.For(false); err != nil || english != nbsp(c.want) {
			t.Errorf("Parse(%q) = %q, %v, want %q", c.text, english, err, c.want)
		}
	}
	for _, text := range []string{"", "EUR", "1,20,50", "12,3456", "1.2.3", "-5", "five", "1e9", "5 XXQ", "99999999999999999999", "1..5", "5 XXX", "XTS 5", "1200.", "12 34", "٣"} {
		if got, err := money.Parse(text, "EUR"); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, got)
		}
	}
	if _, err := money.Parse("5", "nothing"); err == nil {
		t.Error("a currency that there is not was taken")
	}
}

func TestParseNamed(t *testing.T) {
	for text, want := range map[string]string{"50 eur": "50 EUR", "Eur 50": "50 EUR", "50 GEL": "50 GEL", "5 000 RUB": "5,000 RUB", "$5": "5 USD"} {
		if got, err := money.ParseNamed(text, "EUR"); err != nil || got.For(false) != nbsp(want) {
			t.Errorf("ParseNamed(%q) = %v, %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"gel 50", "all 200", "top 5", "50 rub", "200", "gel 50 EUR", "XXX 5"} {
		if got, err := money.ParseNamed(text, "EUR"); err == nil {
			t.Errorf("ParseNamed(%q) = %v, want words", text, got)
		}
	}
}

func nbsp(s string) string {
	return s[:len(s)-4] + "\u00a0" + s[len(s)-3:]
}

func TestForRussian(t *testing.T) {
	if got := (money.Amount{Minor: 123456789, Currency: "RUB"}).For(true); got != "1\u00a0234\u00a0567,89\u00a0RUB" {
		t.Errorf("got %q", got)
	}
}

// What is written for people, and for programs, is read as the same again.
func TestWrittenAmountsAreReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount{
			Minor:    rapid.OneOf(rapid.Int64Range(0, money.Most), rapid.Map(rapid.Int64Range(0, 9999), func(n int64) int64 { return n * 1000 })).Draw(t, "minor"),
			Currency: rapid.SampledFrom([]string{"EUR", "RUB", "JPY", "KWD"}).Draw(t, "currency"),
		}
		for _, written := range []string{a.For(false), a.For(true), a.Decimal() + " " + a.Currency} {
			if again, err := money.Parse(written, "USD"); err != nil || again != a {
				t.Fatalf("%v is written %q and read as %v, %v", a, written, again, err)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1200", "1,200.50 EUR", "$5", "1’000", "€", "EUR EUR 5", " 5 "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := money.Parse(text, "EUR")
		if err == nil && (a.Minor < 0 || a.Minor > money.Most || a.Currency == "") {
			t.Errorf("Parse(%q) = %+v", text, a)
		}
	})
}
