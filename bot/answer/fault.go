package answer

import "fmt"

// Code says for ever what is wrong with an answer.
type Code string

// What can be wrong.
const (
	Empty         Code = "empty"          // nothing was said
	TooShort      Code = "too_short"      // fewer characters than Limit
	TooLong       Code = "too_long"       // more characters than Limit
	NotANumber    Code = "not_a_number"   // no number, or more than one
	NotAnInteger  Code = "not_an_integer" // a number with a fraction
	TooSmall      Code = "too_small"      // a number under Limit
	TooLarge      Code = "too_large"      // a number over Limit
	NotAnEmail    Code = "not_an_email"
	NotAPhone     Code = "not_a_phone" // no number that can be called
	NotAURL       Code = "not_a_url"
	NotADate      Code = "not_a_date"
	NotATime      Code = "not_a_time"
	NotADateTime  Code = "not_a_datetime" // the day or the time is missing too
	InThePast     Code = "in_the_past"    // before now or today, which is the first allowed
	InTheFuture   Code = "in_the_future"  // after now or today, which is the last allowed
	TooEarly      Code = "too_early"      // before Limit
	TooLate       Code = "too_late"       // after Limit
	NotAChoice    Code = "not_a_choice"
	TooMany       Code = "too_many" // several choices where one may be taken
	NotAFile      Code = "not_a_file"
	WrongFileType Code = "wrong_file_type"
	FileTooLarge  Code = "file_too_large" // more bytes than Limit
	NotARating    Code = "not_a_rating"   // not from 1 to Limit
	NotALocation  Code = "not_a_location"
	NoMatch       Code = "no_match" // not of the pattern
)

// Fault says why an answer is none. It quotes nothing that the visitor wrote.
type Fault struct {
	Code Code
	// Limit is the bound that the answer is beyond, in canonical form (a datetime
	// without its offset); empty where there is none.
	Limit string
}

// Error is for logs and operators; Words is for visitors.
func (f *Fault) Error() string {
	if f.Limit == "" {
		return string(f.Code)
	}
	return fmt.Sprintf("%s (limit %s)", f.Code, f.Limit)
}

func fail(code Code) *Fault { return &Fault{Code: code} }
