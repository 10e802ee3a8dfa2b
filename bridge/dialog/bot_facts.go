package dialog

import (
	"context"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// facts are what the bot knows of a visitor at a moment.
func (s *Service) facts(ctx context.Context, site *config.Site, v store.Visitor, stands store.Dialog, at time.Time) (f talk.Facts, err error) {
	f = talk.Facts{
		Language: v.Language, Country: v.Country, CountryCode: v.CountryCode, Device: deviceOf(v.UserAgent),
		Page: talk.Page{URL: v.Page.URL, Title: v.Page.Title, Referrer: v.Page.Referrer},
		Zone: site.TimeZone, Open: site.IsOpen(at), Silent: !stands.Bot.On(at),
		Variables: map[string]string{},
	}
	if l := site.Widget.Language; l != config.Auto { // in which the whole chat is
		f.Language = string(l)
	}
	f.Browser, _, _ = strings.Cut(v.System, ",")
	if v.NamedBy != store.NamedByBridge { // which nobody would be called
		f.Name = v.Name
	}
	if v.Place != v.Country {
		f.City = v.Place
	}
	if zone, err := time.LoadLocation(v.TimeZone); err == nil && v.TimeZone != "" && zone != time.Local {
		f.Zone = v.TimeZone
	}
	if !f.Open {
		f.OpensAt, _ = site.Hours.In(site.Location()).NextOpening(at)
	}
	if f.Tags, err = s.store.Tags(ctx, v.ID); err != nil {
		return f, err
	}
	variables, err := s.store.Variables(ctx, v.ID)
	if err != nil {
		return f, err
	}
	for _, x := range variables {
		f.Variables[x.Name] = x.Value
	}
	f.Email, f.Phone = f.Variables[emailVariable], f.Variables[phoneVariable]
	rung, err := s.Rung(ctx, site, "")
	if err != nil {
		return f, err
	}
	f.Operators, f.Visits = len(rung), int(max(v.Visits, 1))
	f.Assistant, err = s.canAssist(ctx, site, v.ID, at)
	return f, err
}

// deviceOf tells the kind of a device by the words that its browser says of itself.
func deviceOf(userAgent string) talk.Device {
	has := func(word string) bool { return strings.Contains(userAgent, word) }
	switch {
	case has("iPad"), has("Tablet"), has("Android") && !has("Mobile"):
		return talk.Tablet
	case has("Mobi"), has("iPhone"), has("Android"):
		return talk.Mobile
	default:
		return talk.Desktop
	}
}

// setByBot gives a variable the value that a chain wants, unless somebody gave it
// one who knows better, or the visitor has as many as can be. It reports whether it did.
func (s *Service) setByBot(ctx context.Context, v store.Visitor, name, value string) (changed bool, err error) {
	value = strings.TrimSpace(plain.Cut(plain.Clean(value), MaxValue))
	if name == "name" {
		if line := plain.Line(value, MaxName); !plain.Blank(line) {
			_, changed, err = s.rename(ctx, v.ID, line, store.NamedByBot)
		}
		return changed, err
	}
	if !isVariable(name) {
		return false, nil
	}
	x := store.Variable{Name: name, Value: value}
	isNew, wanted, err := s.isNews(ctx, v.ID, x, store.NamedByBot)
	if err != nil || !wanted {
		return false, err
	}
	if value == "" {
		return s.Unset(ctx, v.ID, name)
	}
	if isNew {
		all, err := s.store.Variables(ctx, v.ID)
		if err != nil || len(all) >= MaxValues {
			return false, err
		}
	}
	if err := s.store.SetVariable(ctx, v.ID, name, value, store.NamedByBot); err != nil {
		return false, err
	}
	return true, s.noted(ctx, v.ID, variableParts(name)...)
}

// tagByBot puts a tag on a visitor, or takes it off, as far as there is room for it.
func (s *Service) tagByBot(ctx context.Context, v store.Visitor, tag string, off bool) error {
	tag = plain.Line(tag, MaxTag)
	if off {
		_, err := s.Untag(ctx, v.ID, tag)
		return err
	}
	tags, err := s.store.Tags(ctx, v.ID)
	if err != nil || len(tags) >= MaxTags {
		return err
	}
	if _, fault := CleanTag(tag); fault != nil {
		return nil //nolint:nilerr // what is no tag, a chain has made of what somebody said
	}
	_, _, err = s.putTag(ctx, v.ID, tag)
	return err
}
