package answer

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// phoneForm is how people write phone numbers. The library would also read words
// as the letters on a phone's keys.
var phoneForm = regexp.MustCompile(`^(?:tel:|тел\.?:?|phone:?)? ?(\+?[ (]*\d[\d ().\-/]{4,40})$`)

// readPhone reads a number as it is dialled in the visitor's country, else in the
// one that its language comes from. A number with a plus is the same everywhere.
func readPhone(_ Question, e talk.Event, at Situation) (Answer, *Fault) {
	said, fault := short(e.Text)
	if fault != nil {
		return Answer{}, fault
	}
	parts := phoneForm.FindStringSubmatch(figures(said))
	if parts == nil {
		return Answer{}, fail(NotAPhone)
	}
	said = parts[1]
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
