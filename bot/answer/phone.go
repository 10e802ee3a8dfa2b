package answer

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// phoneForm is how people write phone numbers, with words around, or an extension
// that is left out. The library would also read words as the letters on a phone's keys.
var (
	phoneForm     = regexp.MustCompile(`\+?[ (]*\d[\d ().\-/]{4,40}`)
	extensionForm = regexp.MustCompile(`(?i)(\d[ ).,]*)(?:ext(?:ension)?\b|доб(?:авочный)?|x|#)[.: ]*\d{1,6}\b`)
	anyFigure     = regexp.MustCompile(`\d`)
)

// phoneIn is the one number in what was said; "" if there are others, or letters
// belong to it.
func phoneIn(said string) string {
	said = extensionForm.ReplaceAllString(said, "$1")
	at := phoneForm.FindStringIndex(said)
	if at == nil {
		return ""
	}
	before, after := said[:at[0]], said[at[1]:]
	last, _ := utf8.DecodeLastRuneInString(strings.TrimSuffix(before, "tel:"))
	next, _ := utf8.DecodeRuneInString(after)
	inWord := unicode.IsLetter(next) && !strings.HasSuffix(said[:at[1]], " ") || unicode.IsLetter(last) && !strings.HasPrefix(said[at[0]:], " ")
	if inWord || anyFigure.MatchString(before+after) {
		return ""
	}
	return strings.Trim(said[at[0]:at[1]], " .-/")
}

// readPhone reads a number as it is dialled in the visitor's country, else in the
// one that its language comes from. A number with a plus is the same everywhere.
func readPhone(_ Question, e talk.Event, at Situation) (Answer, *Fault) {
	said, fault := short(e.Text)
	if fault != nil {
		return Answer{}, fault
	}
	if said = phoneIn(figures(said)); said == "" {
		return Answer{}, fail(NotAPhone)
	}
	for _, attempt := range []struct{ number, region string }{
		{said, at.Country},
		{said, at.region()},
		// Many write 00 for the plus where their own country dials something else.
		{"+" + strings.TrimPrefix(said, "00"), ""},
	} {
		if attempt.region == "" && !strings.HasPrefix(said, "+") && !strings.HasPrefix(said, "00") {
			continue
		}
		number, err := phonenumbers.Parse(attempt.number, attempt.region)
		if err == nil && phonenumbers.IsValidNumber(number) {
			return Answer{
				Value: phonenumbers.Format(number, phonenumbers.E164),
				Text:  phonenumbers.Format(number, phonenumbers.INTERNATIONAL),
			}, nil
		}
	}
	return Answer{}, fail(NotAPhone)
}

// tag is the visitor's language without extensions, which could choose digits
// and calendars; the undetermined language if it is none.
func (at Situation) tag() language.Tag {
	tag, err := language.Parse(at.Language)
	if err != nil {
		return language.Und
	}
	base, script, region := tag.Raw()
	tag, err = language.Compose(base, script, region)
	if err != nil {
		return language.Und
	}
	return tag
}

// region is the country of the visitor's language: the one that it names, or the
// one where most speakers live; "" if the language is not known.
func (at Situation) region() string {
	tag := at.tag()
	if tag == language.Und {
		return ""
	}
	region, _ := tag.Region()
	return region.String()
}

// base is the visitor's language alone, such as "en"; "und" if it is not known.
func (at Situation) base() string {
	base, _ := at.tag().Base()
	if at.tag() == language.Und {
		return "und"
	}
	return base.String()
}
