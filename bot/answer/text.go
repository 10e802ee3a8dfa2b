package answer

import (
	"errors"
	"regexp"
	"unicode/utf8"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// Pattern compiles the pattern of a regex question (RE2), which the whole answer
// has to match.
func Pattern(expr string) (*regexp.Regexp, error) {
	// By itself first: "a)|(b" would be a pattern only between our parentheses.
	if _, err := regexp.Compile(expr); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + expr + `)\z`)
}

func readText(q Question, e talk.Event, at Situation) (Answer, *Fault) {
	text, fault := q.text(e.Text, clean, at)
	return Answer{Value: text, Text: text}, fault
}

func readRegex(q Question, e talk.Event, at Situation) (Answer, *Fault) {
	text, fault := q.text(e.Text, line, at)
	switch {
	case fault != nil:
		return Answer{}, fault
	case q.Pattern == nil || !q.Pattern.MatchString(text):
		return Answer{}, fail(NoMatch)
	default:
		return Answer{Value: text, Text: text}, nil
	}
}

// text is what was said, cleaned, if it has as many characters as it may have.
func (q Question) text(said string, cleaned func(string) string, at Situation) (string, *Fault) {
	if len(said) > MaxLength*utf8.UTFMax { // megabytes are not even looked at
		return "", q.fits(float64(len(said)), at.Now)
	}
	text := cleaned(said)
	if text == "" {
		return "", fail(Empty)
	}
	return text, q.fits(float64(utf8.RuneCountInString(text)), at.Now)
}

func checkRegex(q Question) error {
	if q.Pattern == nil {
		return errors.New("a regex needs a pattern")
	}
	return checkBounds(q)
}
