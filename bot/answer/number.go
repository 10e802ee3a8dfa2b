package answer

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/anteroom-chat/anteroom/bot/talk"
)

// mostNumber is under 2^53 and of fifteen digits, so that float64 has every whole
// number up to it, and every decimal with that many digits is read as it was written.
const mostNumber = 1e15

func readNumber(q Question, e talk.Event, at Situation) (Answer, *Fault) {
	integer := q.Type == talk.AskInteger
	v, fault := sayNumber(e, at, integer)
	switch {
	case fault != nil:
		return Answer{}, fault
	case integer && v != math.Trunc(v):
		return Answer{}, fail(NotAnInteger)
	}
	if fault := q.fits(v, at.Now); fault != nil {
		return Answer{}, fault
	}
	return Answer{Value: decimal(v), Text: at.number(v)}, nil
}

func sayNumber(e talk.Event, at Situation, integer bool) (float64, *Fault) {
	if e.Reply != "" {
		return machineNumber(e.Reply)
	}
	said, fault := short(e.Text)
	if fault != nil {
		return 0, fault
	}
	return at.readNumber(figures(said), integer)
}

// decimalForm is a number as machines write it. More digits than that are noise.
var decimalForm = regexp.MustCompile(`^-?\d{1,40}(?:\.\d{1,40})?$`)

func machineNumber(s string) (float64, *Fault) {
	if !decimalForm.MatchString(s) {
		return 0, fail(NotANumber)
	}
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil:
		return 0, fail(NotANumber)
	case v >= mostNumber:
		return 0, &Fault{TooLarge, decimal(mostNumber)}
	case v <= -mostNumber:
		return 0, &Fault{TooSmall, decimal(-mostNumber)}
	case v == 0:
		return 0, nil // and not minus zero
	default:
		return v, nil
	}
}

// decimal is the shortest decimal of a number.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// typedNumber is digits with separators between them.
var typedNumber = regexp.MustCompile(`^([+-]?) ?(\d[\d .,']*|[.,]\d+)$`)

// readNumber reads a folded number. Of two different separators the last one is
// the decimal point. A single one before three digits may be either; then the
// language decides, and for an integer it parts thousands.
func (at Situation) readNumber(s string, integer bool) (float64, *Fault) {
	parts := typedNumber.FindStringSubmatch(s)
	if parts == nil {
		return 0, fail(NotANumber)
	}
	whole, fraction := at.split(parts[2], integer)
	whole, ok := ungroup(whole)
	if !ok {
		return 0, fail(NotANumber)
	}
	if whole == "" {
		whole = "0"
	}
	s = strings.TrimPrefix(parts[1], "+") + whole
	if fraction != "" {
		s += "." + fraction
	}
	return machineNumber(s)
}

// split parts a number at its decimal point. What follows it is not looked at.
func (at Situation) split(s string, integer bool) (whole, fraction string) {
	last := strings.LastIndexAny(s, ".,")
	if last < 0 {
		return s, ""
	}
	whole, mark, fraction := s[:last], s[last:last+1], s[last+1:]
	switch {
	case strings.Contains(whole, mark):
		return s, "" // 1.234.567
	case strings.ContainsAny(whole, ".,' "):
		return whole, fraction // 1.234,5 and 1 234,567
	case len(fraction) == 3 && whole != "" && len(whole) <= 3 && whole[0] != '0' && at.parts(mark, integer):
		return s, ""
	default:
		return whole, fraction
	}
}

// parts says whether a mark parts thousands where it could also be the decimal point.
func (at Situation) parts(mark string, integer bool) bool {
	if integer {
		return true
	}
	_, group := at.separators()
	return mark == group
}

// ungroup takes away what parts thousands, which is the same sign everywhere and
// has three digits after it, or in India two before the last three.
func ungroup(s string) (string, bool) {
	at := strings.IndexAny(s, ".,' ")
	if at < 0 {
		return s, true
	}
	groups := strings.Split(s, s[at:at+1])
	for i, group := range groups {
		isLast := i == len(groups)-1
		switch {
		case strings.ContainsAny(group, ".,' "),
			i == 0 && (group == "" || len(group) > 3),
			isLast && len(group) != 3,
			i > 0 && !isLast && len(group) != 3 && len(group) != 2:
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// separators are the decimal point and what parts thousands in the visitor's
// language, as Unicode CLDR has them.
func (at Situation) separators() (point, group string) {
	const sample = 1234567.5
	marks := strings.FieldsFunc(folded(at.number(sample)), func(r rune) bool { return r >= '0' && r <= '9' })
	if len(marks) == 0 {
		return ".", ""
	}
	return marks[len(marks)-1], marks[0]
}

// number writes a number for people.
func (at Situation) number(v float64) string {
	_, fraction, _ := strings.Cut(decimal(v), ".")
	tag := at.tag()
	if at.base() == "ar" { // the digits that the window writes, too
		tag = language.MustParse("ar-u-nu-latn")
	}
	return message.NewPrinter(tag).Sprint(number.Decimal(v, number.MaxFractionDigits(len(fraction))))
}
