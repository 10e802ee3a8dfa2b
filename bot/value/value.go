// Package value is what the variables of a visitor hold and how chains read
// them: types, expressions in {{ }} and in conditions, and texts in languages.
//
// Expressions are written in expr (github.com/expr-lang/expr). They are compiled
// when a chain is loaded, against the names and types that are known then, and
// can neither change anything nor look at a clock: the same values give the same
// result. What a visitor wrote is a value and never becomes an expression.
//
// A variable without a value is empty: "" for text, 0 for a number, false, an
// empty list, no date. The operator ?? gives its right side when the left one is
// empty.
package value

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/months"
)

// Type is what a variable holds.
type Type string

// The types of variables.
const (
	Text    Type = "string"
	Number  Type = "number"
	Boolean Type = "boolean"
	Date    Type = "date"
	List    Type = "list"
)

// Words are the types by their names.
func (Type) Words() []string {
	return []string{string(Text), string(Number), string(Boolean), string(Date), string(List)}
}

// empty is the value of a variable that has none. It also tells expr the type.
func (t Type) empty() any {
	switch t {
	case Number:
		return 0.0
	case Boolean:
		return false
	case Date:
		return time.Time{}
	case List:
		return []string{}
	default:
		return ""
	}
}

// The forms of a date in a variable, the ones that Read accepts.
const (
	dayForm     = "2006-01-02"
	timeForm    = "15:04"
	minuteForm  = "2006-01-02T15:04"
	mostNumbers = 15 // digits that a number keeps
)

// Read turns the kept form of a variable into its value. What does not fit the
// type is the empty value: operators may set anything by hand.
func (t Type) Read(kept string, zone *time.Location) any {
	switch t {
	case Number:
		if n, err := strconv.ParseFloat(kept, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n
		}
	case Boolean:
		return kept == "true"
	case Date:
		for _, form := range []string{time.RFC3339, minuteForm, dayForm} {
			if at, err := time.ParseInLocation(form, kept, zone); err == nil {
				return at
			}
		}
	case List:
		var list []string
		if json.Unmarshal([]byte(kept), &list) == nil && list != nil {
			return list
		}
		if kept != "" {
			return []string{kept}
		}
	case Text:
		return kept
	}
	return t.empty()
}

// Keep turns a value into the form in which a variable keeps it: what Read reads.
// The error is a clause for the chain's author.
func (t Type) Keep(v any) (string, error) {
	switch t {
	case Number:
		n, ok := number(v)
		if !ok {
			return "", fmt.Errorf("%s is not a number", show(v))
		}
		return formatNumber(n), nil
	case Boolean:
		b, ok := v.(bool)
		if !ok {
			return "", fmt.Errorf("%s is neither true nor false", show(v))
		}
		return strconv.FormatBool(b), nil
	case Date:
		return keepDate(v)
	case List:
		list, ok := asList(v)
		if !ok {
			return "", fmt.Errorf("%s is not a list", show(v))
		}
		list = slices.Clone(list)
		for i, element := range list {
			list[i] = whole(element)
		}
		kept, err := json.Marshal(list)
		return string(kept), err
	default:
		return whole(plainText(v)), nil
	}
}

// Shorten leaves out the last elements of a kept list until it has at most that many
// characters.
func Shorten(kept string, most int) string {
	list, _ := List.Read(kept, time.UTC).([]string)
	short := "[]"
	for n := range list {
		longer, _ := json.Marshal(list[:n+1]) // strings always can be
		if utf8.RuneCount(longer) > most {
			break
		}
		short = string(longer)
	}
	return short
}

// whole makes a text of what an expression may have cut within a character.
func whole(s string) string { return strings.ToValidUTF8(s, string(utf8.RuneError)) }

func keepDate(v any) (string, error) {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return "", nil
		}
		return formatKept(v), nil
	case string:
		if at, ok := Date.Read(v, time.UTC).(time.Time); ok && !at.IsZero() || v == "" {
			return v, nil
		}
	}
	return "", fmt.Errorf("%s is not a date", show(v))
}

func formatKept(at time.Time) string {
	if at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0 {
		return at.Format(dayForm)
	}
	return at.Format(time.RFC3339)
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case int:
		return float64(v), true
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	default:
		return 0, false
	}
}

func formatNumber(n float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'g', mostNumbers, 64), 64) // 0.1 + 0.2 is 0.3 for people
	if err != nil {
		rounded = n
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

func asList(v any) ([]string, bool) {
	switch v := v.(type) {
	case []string:
		return v, true
	case []any:
		list := make([]string, len(v))
		for i, element := range v {
			list[i] = plainText(element)
		}
		return list, true
	case string:
		if v == "" {
			return []string{}, true
		}
		return []string{v}, true
	default:
		return nil, false
	}
}

// IsEmpty reports whether a value is what a variable holds that has none.
func IsEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case float64:
		return v == 0
	case int:
		return v == 0
	case bool:
		return !v
	case time.Time:
		return v.IsZero()
	case []string:
		return len(v) == 0
	case []any:
		return len(v) == 0
	default:
		return false
	}
}

// Plain writes a value for machines, as a variable of type Text keeps it.
func Plain(v any) string { return plainText(v) }

// plainText writes a value without a language.
func plainText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return formatNumber(v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return formatKept(v)
	case []string:
		return strings.Join(v, ", ")
	case []any:
		list, _ := asList(v)
		return strings.Join(list, ", ")
	default:
		return fmt.Sprint(v)
	}
}

// Data turns a value into what JSON knows: dates into the form that a variable
// keeps, and an empty date and what is no number into null.
func Data(v any) any {
	switch v := v.(type) {
	case nil, string, bool:
		return v
	case float64:
		if _, finite := number(v); !finite {
			return nil
		}
		return v
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return formatKept(v)
	case []string:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = element
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = Data(element)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, element := range v {
			object[key] = Data(element)
		}
		return object
	default:
		return plainText(v)
	}
}

// show names a value in a fault.
func show(v any) string {
	const most = 40
	text := plainText(v)
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return strconv.Quote(text)
}

// ForPeople writes a value as it stands in a message to a visitor of that
// language: dates in words, lists with commas.
func ForPeople(v any, language string) string {
	at, ok := v.(time.Time)
	switch {
	case !ok:
		return plainText(v)
	case at.IsZero():
		return ""
	}
	month, known := months.InDate(base(language), at.Month())
	if !known {
		month, _ = months.InDate("en", at.Month())
	}
	text := fmt.Sprintf("%d %s %d", at.Day(), month, at.Year())
	if at.Hour() != 0 || at.Minute() != 0 {
		text += at.Format(", " + timeForm)
	}
	return text
}

// base is the language of a BCP 47 tag: "en" of "en-GB".
func base(tag string) string {
	language, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return language
}

// sorted are the words of a list in their order, once each.
func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
