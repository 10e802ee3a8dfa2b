// Package money reads and writes amounts of money as people write them.
//
// An amount is a whole number of the currency's smallest unit, so that sums are
// exact; how many digits that is comes from ISO 4217.
package money

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/currency"
)

// Most is the largest amount, in the smallest unit of its currency.
const Most = 1_000_000_000_000_000

// Amount is money. The zero value is none.
type Amount struct {
	// Minor counts the smallest unit of the currency: cents of an euro.
	Minor int64
	// Currency is the code of ISO 4217, in capitals; empty for no amount.
	Currency string
}

// IsZero reports whether nothing is said about money.
func (a Amount) IsZero() bool { return a == Amount{} }

// ParseCurrency reads the code of a currency, in any case. The codes for none and for
// tests (XXX, XTS) are no money.
func ParseCurrency(code string) (string, bool) {
	unit, err := currency.ParseISO(strings.ToUpper(code))
	if err != nil || unit == currency.XXX || unit == currency.XTS {
		return "", false
	}
	return unit.String(), true
}

// digits is how many digits of a currency stand behind the point.
func digits(code string) int {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return scale
}

// Parse reads an amount: "1200", "1 200,50", "1,200.50 EUR", "EUR 1200", "$5".
// Without a currency it is of the usual one. The error says in one clause what is
// wrong with it.
func Parse(text, usual string) (Amount, error) {
	code, number := usual, strings.TrimSpace(text)
	for _, word := range strings.Fields(number) {
		if named, ok := named(word); ok {
			code, number = named, strings.TrimSpace(strings.Replace(number, word, "", 1))
			break
		}
	}
	for symbol, meant := range symbols() {
		rest, before := strings.CutPrefix(number, symbol)
		rest, behind := strings.CutSuffix(rest, symbol)
		if before != behind {
			code, number = meant, strings.TrimSpace(rest)
		}
	}
	code, ok := ParseCurrency(code)
	if !ok {
		return Amount{}, fmt.Errorf("%q is no currency of ISO 4217, such as EUR", code)
	}
	minor, err := parseNumber(number, digits(code))
	if err != nil {
		return Amount{}, err
	}
	return Amount{Minor: minor, Currency: code}, nil
}

// ParseNamed reads an amount that words end with: it names its currency by a symbol or
// by the code in capitals; the usual one's code may be in any case. Other words of three
// letters are words: "all 200", "gel 50".
func ParseNamed(text, usual string) (Amount, error) {
	for _, word := range strings.Fields(text) {
		if code, ok := named(word); ok && word != code && code != usual {
			return Amount{}, fmt.Errorf("%q is a word", word)
		}
	}
	return Parse(text, "")
}

// ParseDecimal reads what Decimal writes, with as many digits behind the point as
// there are up to the currency's, or none: "1200", "1200.5".
func ParseDecimal(number, code string) (Amount, error) {
	code, known := ParseCurrency(code)
	whole, fraction, hasPoint := strings.Cut(number, ".")
	if !known || !onlyDigits(whole) || hasPoint && !onlyDigits(fraction) || len(fraction) > digits(code) {
		return Amount{}, fmt.Errorf("%q is no decimal number of %s", number, code)
	}
	minor, err := parseNumber(number, digits(code))
	return Amount{Minor: minor, Currency: code}, err
}

// named is a currency that a word names in letters.
func named(word string) (string, bool) {
	if len(word) != len("EUR") || strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return "", false
	}
	return ParseCurrency(word)
}

// symbols are the signs that mean one currency wherever they are written.
func symbols() map[string]string {
	return map[string]string{"€": "EUR", "$": "USD", "£": "GBP", "₽": "RUB", "₸": "KZT", "₴": "UAH"}
}

// parseNumber reads digits with separators. The last point or comma is the
// decimal one if no more digits follow it than the currency has; every other
// separator stands before three digits.
func parseNumber(text string, scale int) (int64, error) {
	bad := fmt.Errorf("%q is no amount; write it like 1200 or 1,200.50", text)
	whole, fraction := text, ""
	if i := strings.LastIndexAny(text, ".,"); i >= 0 && len(text)-i-1 <= scale {
		whole, fraction = text[:i], text[i+1:]
		if fraction == "" || !onlyDigits(fraction) {
			return 0, bad
		}
	}
	groups := strings.Split(strings.Map(func(r rune) rune {
		if strings.ContainsRune(".,'’", r) || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, whole), " ")
	for i, group := range groups {
		if !onlyDigits(group) || i > 0 && len(group) != 3 {
			return 0, bad
		}
	}
	minor, err := strconv.ParseInt(strings.Join(groups, "")+fraction+strings.Repeat("0", scale-len(fraction)), 10, 64)
	if err != nil || minor > Most {
		return 0, fmt.Errorf("%s is too much", text)
	}
	return minor, nil
}

func onlyDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// Decimal writes the number alone, for programs: "1200.50".
func (a Amount) Decimal() string {
	scale := digits(a.Currency)
	text := fmt.Sprintf("%0*d", scale+1, a.Minor)
	if scale == 0 {
		return text
	}
	return text[:len(text)-scale] + "." + text[len(text)-scale:]
}

// For writes the amount for people: "1,200.50 EUR", in Russian "1 200,50 EUR".
// Zeros behind the point are left out.
func (a Amount) For(russian bool) string {
	if a.Currency == "" {
		return ""
	}
	group, point := ",", "."
	if russian {
		group, point = "\u00a0", ","
	}
	whole, fraction, _ := strings.Cut(a.Decimal(), ".")
	var grouped strings.Builder
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			grouped.WriteString(group)
		}
		grouped.WriteRune(r)
	}
	if strings.Trim(fraction, "0") != "" || len(fraction) == 3 { // three digits behind a comma would be thousands
		grouped.WriteString(point + fraction)
	}
	return grouped.String() + "\u00a0" + a.Currency
}
