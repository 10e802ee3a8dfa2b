package config

import (
	"fmt"
	"iter"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Forms are what visitors fill in, by when they are asked. Fields of which the answer is
// known already are left out.
type Forms struct {
	// Start is asked before a dialog begins, Handoff once the bot has called a person,
	// Away outside of the opening hours where no bot answers; that one has room for a
	// message as well. Nil for none.
	Start   *Form `yaml:"start"`
	Handoff *Form `yaml:"handoff"`
	Away    *Form `yaml:"away"`
}

// All are the forms that there are, by their names.
func (f *Forms) All() iter.Seq2[string, *Form] {
	return func(yield func(string, *Form) bool) {
		for _, named := range []struct {
			name string
			form *Form
		}{{"start", f.Start}, {"handoff", f.Handoff}, {"away", f.Away}} {
			if named.form != nil && !yield(named.name, named.form) {
				return
			}
		}
	}
}

// Form is some fields under a line of text.
type Form struct {
	Title  Text        `yaml:"title"`
	Fields []FormField `yaml:"fields"`
}

// FormField is one of a form.
type FormField struct {
	Type FieldType `yaml:"type"`
	// Name is the variable that the answer becomes; that of a name, an address and a
	// number is given.
	Name string `yaml:"name"`
	// Label may be empty where the widget has its own words.
	Label    Text `yaml:"label"`
	Required bool `yaml:"required"`
	// Max is the most characters of a text; 0 for mostFieldText.
	Max     int    `yaml:"max"`
	Choices []Text `yaml:"choices"`
}

// FieldType is what a field asks for.
type FieldType string

// The types of fields.
const (
	FieldName     FieldType = "name"
	FieldEmail    FieldType = "email"
	FieldPhone    FieldType = "phone"
	FieldText     FieldType = "text"
	FieldSelect   FieldType = "select"
	FieldCheckbox FieldType = "checkbox"
)

// Variable is the name under which the answer is kept.
func (f *FormField) Variable() string {
	switch f.Type {
	case FieldName, FieldEmail, FieldPhone:
		return string(f.Type)
	case FieldText, FieldSelect, FieldCheckbox:
		return f.Name
	default:
		return f.Name
	}
}

// Caption is what stands before the answer for operators; empty for a field without a label.
func (f *FormField) Caption(l Language) string { return strings.TrimSuffix(f.Label.Any(l), ":") }

// Limit is the most characters that an answer has.
func (f *FormField) Limit() int {
	switch {
	case f.Type == FieldName:
		return mostFieldName
	case f.Type == FieldText && f.Max > 0:
		return f.Max
	default:
		return mostFieldText
	}
}

// Rate is how visitors rate a dialog that was closed.
type Rate string

// The ways to rate.
const (
	RateOff    Rate = "off"
	RateStars  Rate = "stars"
	RateThumbs Rate = "thumbs"
)

// Of is the highest score; the lowest is 1 of stars, and 0 of thumbs.
func (r Rate) Of() int64 {
	switch r {
	case RateStars:
		return 5
	case RateThumbs:
		return 1
	case RateOff:
		return 0
	default:
		return 0
	}
}

// Channels are other ways to reach the site; each may be empty.
type Channels struct {
	// Telegram is a user's, a bot's or a channel's name, WhatsApp and Phone are numbers
	// as E.164 writes them.
	Telegram string    `yaml:"telegram"`
	WhatsApp string    `yaml:"whatsapp"`
	Email    string    `yaml:"email"`
	Phone    string    `yaml:"phone"`
	Links    []Channel `yaml:"links"`
}

// Channel is a page with its name.
type Channel struct {
	Name Text   `yaml:"name"`
	URL  string `yaml:"url"`
}

// Link is a channel as the widget shows it. Kind is telegram, whatsapp, email, phone or
// link; Name is what stands on it, for all but links the account.
type Link struct{ Kind, Name, URL string }

// Links are the channels, with pages named in the language.
func (w *Widget) Links(l Language) (all []Link) {
	c := &w.Channels
	add := func(kind, name, address string) {
		if name != "" {
			all = append(all, Link{kind, name, address})
		}
	}
	add("telegram", c.Telegram, "https://t.me/"+c.Telegram)
	add("whatsapp", c.WhatsApp, "https://wa.me/"+strings.TrimPrefix(c.WhatsApp, "+"))
	add("email", c.Email, "mailto:"+url.PathEscape(c.Email))
	add("phone", c.Phone, "tel:"+c.Phone)
	for _, link := range c.Links {
		add("link", w.Words(link.Name, l), link.URL)
	}
	return all
}

// Words are those of a text in the language, or else in that for who speaks none of the widget's.
func (w *Widget) Words(text Text, l Language) string {
	if words := text.In(l); words != "" {
		return words
	}
	return text.In(w.Unspoken())
}

// HasFlows reports whether the widget has to be told of anything beside the talk.
func (w *Widget) HasFlows() bool {
	return w.Person || w.Rating != RateOff || w.Forms != (Forms{}) || len(w.Links(w.Unspoken())) > 0
}

const (
	mostFields    = 10
	mostFieldText = 200
	mostFieldName = 100 // as names are kept, see dialog.MaxName
	mostLabel     = 80
	mostFormTitle = 300
	mostChoices   = 30
	mostLinks     = 5
	mostLinkName  = 40
)

var (
	telegramName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{3,31}$`)
	e164         = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	mailAddress  = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+$`)
)

func (d *document) validateFlows(w *Widget, path string) {
	for name, form := range w.Forms.All() {
		d.validateForm(w, form, path+".forms."+name)
	}
	oneOf(d, path+".rating", w.Rating, RateOff, RateStars, RateThumbs)
	d.validateChannels(w, path+".channels")
}

func (d *document) validateForm(w *Widget, f *Form, path string) {
	d.shown(w, f.Title, path+".title", mostFormTitle, false)
	if len(f.Fields) == 0 || len(f.Fields) > mostFields {
		d.fault(path+".fields", "%s.fields has %d fields; a form has 1 to %d.", path, len(f.Fields), mostFields)
	}
	seen := map[string]bool{}
	for i := range f.Fields {
		field, at := &f.Fields[i], fmt.Sprintf("%s.fields[%d]", path, i)
		oneOf(d, at+".type", field.Type, FieldName, FieldEmail, FieldPhone, FieldText, FieldSelect, FieldCheckbox)
		d.validateField(w, field, at)
		if name := field.Variable(); name != "" && seen[name] {
			d.fault(at, "%s asks for %s twice.", path, name)
		} else {
			seen[name] = true
		}
	}
}

func (d *document) validateField(w *Widget, f *FormField, at string) {
	own := f.Type == FieldName || f.Type == FieldEmail || f.Type == FieldPhone
	switch {
	case own && f.Name != "":
		d.fault(at+".name", "%s.name: the answer to a field of the type %s has that name; leave it out.", at, f.Type)
	case !own && !variableName.MatchString(f.Name):
		d.fault(at+".name", "%s.name: %q cannot name a variable: use a letter and then letters, digits and underscores.", at, f.Name)
	case !own && (f.Name == "name" || f.Name == "email" || f.Name == "phone"):
		d.fault(at+".name", "%s.name: for that there is the type %s.", at, f.Name)
	}
	d.shown(w, f.Label, at+".label", mostLabel, !own)
	if f.Max != 0 && f.Type != FieldText {
		d.fault(at+".max", "%s.max: only a field of the type text has it.", at)
	} else if f.Max != 0 {
		d.number(at+".max", f.Max, 1, 1000)
	}
	d.validateChoices(w, f, at)
}

func (d *document) validateChoices(w *Widget, f *FormField, at string) {
	switch {
	case f.Type != FieldSelect && len(f.Choices) > 0:
		d.fault(at+".choices", "%s.choices: only a field of the type select has them.", at)
	case f.Type == FieldSelect && (len(f.Choices) < 2 || len(f.Choices) > mostChoices):
		d.fault(at+".choices", "%s.choices has %d choices; there are 2 to %d.", at, len(f.Choices), mostChoices)
	}
	for i, choice := range f.Choices {
		d.shown(w, choice, fmt.Sprintf("%s.choices[%d]", at, i), mostLabel, true)
	}
}

// shown refuses words that are too long, more than a line, or missing in a language
// that visitors may have.
func (d *document) shown(w *Widget, text Text, at string, most int, needed bool) {
	for _, l := range w.Spoken() {
		words := w.Words(text, l)
		switch count := utf8.RuneCountInString(words); {
		case count > most:
			d.fault(at, "%s has %d characters; it may have %d.", at, count, most)
			return
		case strings.ContainsFunc(words, unicode.IsControl):
			d.fault(at, "%s must be one line of text.", at)
			return
		case needed && strings.TrimSpace(words) == "":
			d.fault(at, "%s is empty in the language %s: write one text, or one per language.", at, l)
			return
		}
	}
}

func (d *document) validateChannels(w *Widget, path string) {
	c := &w.Channels
	c.Telegram = strings.TrimPrefix(c.Telegram, "@")
	for _, x := range []struct {
		key, value, example string
		form                *regexp.Regexp
	}{
		{"telegram", c.Telegram, "a Telegram name; write it like example_shop", telegramName},
		{"whatsapp", c.WhatsApp, `a phone number; write it with the country's code and digits alone, like "+442079460000"`, e164},
		{"email", c.Email, "an e-mail address; write it like shop@example.com", mailAddress},
		{"phone", c.Phone, `a phone number; write it with the country's code and digits alone, like "+442079460000"`, e164},
	} {
		if x.value != "" && !x.form.MatchString(x.value) {
			d.fault(path+"."+x.key, "%s.%s: %q is not %s.", path, x.key, x.value, x.example)
		}
	}
	if len(c.Links) > mostLinks {
		d.fault(path+".links", "%s.links has %d links; it may have %d.", path, len(c.Links), mostLinks)
	}
	for i, link := range c.Links {
		at := fmt.Sprintf("%s.links[%d]", path, i)
		d.shown(w, link.Name, at+".name", mostLinkName, true)
		if !isSecureLink(link.URL) {
			d.fault(at+".url", "%s.url: %q is no address of a page; write it like https://example.com/help.", at, link.URL)
		}
	}
}
