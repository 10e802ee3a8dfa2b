package chain

import (
	"net/url"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/source"
	"github.com/anteroom-chat/anteroom/bot/talk"
)

// openedTrigger is the chat's window opened.
type openedTrigger struct {
	CommonTrigger `yaml:",inline"`
	Opened        openedOptions `yaml:"opened" doc:"The visitor opens the chat."`
}

type openedOptions struct {
	Once once `yaml:"once" doc:"visit or visitor: not more often than once in each."`
}

// once is how often something may happen.
type once string

// The ways to happen once.
const (
	oncePerVisit   once = "visit"
	oncePerVisitor once = "visitor"
)

// Words are the ways to happen once.
func (once) Words() []string { return []string{string(oncePerVisit), string(oncePerVisitor)} }

func (*openedTrigger) check(*checker, *Trigger) string { return "" }

func (*openedTrigger) matches(o Occasion) (int, bool) { return rankOther, o.Kind == talk.Opened }

// pageTrigger is a page that the visitor looks at for a while.
type pageTrigger struct {
	CommonTrigger `yaml:",inline"`
	Page          pageOptions `yaml:"page" doc:"The visitor is on a page; the chat need not be open."`
}

type pageOptions struct {
	URL    string          `yaml:"url" need:"true" doc:"A pattern for the page's address, in which * stands for any characters; one that begins with / is for the path alone."`
	After  source.Duration `yaml:"after" doc:"How long the page has to be visible."`
	Device device          `yaml:"device" doc:"desktop or mobile; both if nothing is said."`
	Once   once            `yaml:"once" doc:"visit or visitor: not more often than once in each."`
}

type device string

// Words are the kinds of devices that a widget can tell.
func (device) Words() []string { return []string{"desktop", "mobile"} }

func (p *pageTrigger) check(c *checker, g *Trigger) string {
	const longest = 24 * time.Hour
	said := p.Page.URL
	u, err := url.Parse(strings.ReplaceAll(said, "*", "x"))
	switch {
	case err != nil || !strings.HasPrefix(said, "/") && u.Host == "":
		c.fault(g.Pos, "bad_url", "%q is no pattern for a page: write /pricing*, or https://example.com/pricing*.", said)
	case strings.Contains(said, "#") || u.Host == "" && strings.Contains(said, "?"):
		c.fault(g.Pos, "bad_url", "%q fits no page: without https:// it is of the path alone, and never of what stands behind a #.", said)
	}
	if p.Page.After.Std() > longest {
		c.fault(g.Pos, "too_late", "after is at most 24h.")
	}
	return said + "|" + p.Page.After.Std().String() + "|" + string(p.Page.Device)
}

func (p *pageTrigger) matches(Occasion) (int, bool) { return 0, false } // the widget says which, see Visited

// PageTrigger tells the widget what to watch for.
type PageTrigger struct {
	// Key comes back in talk.Event.Trigger.
	Key    string
	URL    string
	After  time.Duration
	Device string
	Once   string
}

// PageTriggers are all page triggers of the set.
func (s *Set) PageTriggers() (all []PageTrigger) {
	for _, chain := range s.Chains {
		for _, g := range chain.On {
			if p, ok := g.do.(*pageTrigger); ok {
				all = append(all, PageTrigger{g.Key, p.Page.URL, p.Page.After.Std(), string(p.Page.Device), string(p.Page.Once)})
			}
		}
	}
	return all
}

// Visited returns the page trigger of a key, if its condition holds, or nil.
func (s *Set) Visited(t *Turn, key string) *Trigger {
	for _, chain := range s.Chains {
		for _, g := range chain.On {
			if _, ok := g.do.(*pageTrigger); !ok || g.Key != key || chain.Start() == nil {
				continue
			}
			if only := &g.do.commonTrigger().If; only.IsZero() || only.holds(t, chain.Start()) {
				return g
			}
		}
	}
	return nil
}

// StartsWhenOpened reports whether opening the chat may start a chain.
func (s *Set) StartsWhenOpened() bool {
	for _, chain := range s.Chains {
		for _, g := range chain.On {
			if _, ok := g.do.(*openedTrigger); ok {
				return true
			}
		}
	}
	return false
}

// Once tells whether a trigger starts its chain once in a visit, or once for a visitor.
func (g *Trigger) Once() (visit, visitor bool) {
	var o once
	switch do := g.do.(type) {
	case *openedTrigger:
		o = do.Opened.Once
	case *pageTrigger:
		o = do.Page.Once
	}
	return o == oncePerVisit, o == oncePerVisitor
}

// eventTrigger is an event of the page, or of another chain.
type eventTrigger struct {
	CommonTrigger `yaml:",inline"`
	Event         string `yaml:"event" need:"true" doc:"The name of an event: of the page, by Anteroom.event(name, data), or of another chain. Its values are read as event.KEY."`
}

const maxEvent = 64

func (k *eventTrigger) check(c *checker, g *Trigger) string {
	if k.Event == "" || len([]rune(k.Event)) > maxEvent {
		c.fault(g.Pos, "bad_event", "An event's name has 1 to %d characters.", maxEvent)
	}
	return k.Event
}

func (k *eventTrigger) matches(o Occasion) (int, bool) {
	return rankOther, o.Kind == talk.Happened && o.Name == k.Event
}
