package config

import (
	"fmt"
	"slices"
	"strings"
)

// Hook is an address of others, such as a CRM, that is told of what happens on a site.
type Hook struct {
	// Name is one word, as a command takes it.
	Name    string `yaml:"name"`
	Webhook `yaml:",inline"`
	// Events are those that it is told of.
	Events []HookEvent `yaml:"events"`
}

// HookEvent is something that happens.
type HookEvent string

// The events.
const (
	DialogOpened     HookEvent = "dialog.opened"
	DialogClosed     HookEvent = "dialog.closed"
	DialogAssigned   HookEvent = "dialog.assigned"
	MessageCreated   HookEvent = "message.created"
	ContactUpdated   HookEvent = "contact.updated"
	DealCreated      HookEvent = "deal.created"
	DealUpdated      HookEvent = "deal.updated"
	TagAdded         HookEvent = "tag.added"
	RatingGiven      HookEvent = "rating.given"
	HandoffRequested HookEvent = "handoff.requested"
)

// HookEvents are all of them.
func HookEvents() []HookEvent {
	return []HookEvent{
		DialogOpened, DialogClosed, DialogAssigned, MessageCreated, ContactUpdated,
		DealCreated, DealUpdated, TagAdded, RatingGiven, HandoffRequested,
	}
}

// Hears reports whether any of the site's webhooks is told of an event.
func (s *Site) Hears(event HookEvent) bool {
	return slices.ContainsFunc(s.Webhooks, func(h Hook) bool { return slices.Contains(h.Events, event) })
}

// mostHooks is how many webhooks one site has.
const mostHooks = 20

func (d *document) validateHooks(hooks []Hook, path string) {
	if n := len(hooks); n > mostHooks {
		d.fault(path, "%s: at most %d can be told, not %d.", path, mostHooks, n)
	}
	seen := map[string]bool{}
	for i := range hooks {
		h, at := &hooks[i], fmt.Sprintf("%s[%d]", path, i)
		switch {
		case !dealWord.MatchString(h.Name):
			d.fault(at+".name", "%s.name: %q cannot name it in commands: use 1 to 32 of a-z, 0-9, _ and -.", at, h.Name)
		case seen[h.Name]:
			d.fault(at+".name", "%s.name: %q is taken already.", at, h.Name)
		}
		seen[h.Name] = true
		d.url(at+".url", &h.URL, withPath)
		d.webhookSecret(at, h.Webhook)
		if len(h.Events) == 0 {
			d.fault(at+".events", "%s.events is empty: name what it is told of, such as message.created.", at)
		}
		for j, event := range h.Events {
			if !slices.Contains(HookEvents(), event) {
				words := make([]string, len(HookEvents()))
				for k, known := range HookEvents() {
					words[k] = string(known)
				}
				d.fault(fmt.Sprintf("%s.events[%d]", at, j), "%s.events: there is no %q; there is %s.", at, event, strings.Join(words, ", "))
			}
		}
	}
}

func (d *document) webhookSecret(path string, w Webhook) {
	if !webhookSecret.MatchString(w.Secret) {
		d.fault(path+".secret", `%s.secret must be "whsec_" and 24 to 64 random bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)`, path)
	}
}
