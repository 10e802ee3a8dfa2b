package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/typo"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/desk/notify"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// HandedOff calls operators to a dialog that the bot has given them.
func (d *Desk) HandedOff(ctx context.Context, site *config.Site, v store.Visitor, c dialog.Call) error {
	reason := c.Text
	switch {
	case c.Failed != "":
		reason = d.excuse(site, c)
	case c.Wanted:
		reason = d.word(site, handWanted)
	}
	return d.alert(ctx, site, alert{
		visitor: v, key: handedOff, origin: calledBy(v, c), text: excerpt(c.Said, maxQuote), quoted: c.Entry, reason: excerpt(reason, maxQuote), ways: c.By,
	})
}

// excuse says why a person is called because an assistant has no answer.
func (d *Desk) excuse(site *config.Site, c dialog.Call) string {
	said, values := handEndpoint, markup.Values{"assistant": named(site, c.Assistant)}
	switch c.Failed {
	case dialog.FailedRefused:
		said = handRefused
	case dialog.FailedUnknown:
		said = handUnknown
	case dialog.FailedLimit:
		said = handLimit
	default:
	}
	return d.say(site, said, values).Plain
}

// named is the name of an assistant; empty for the only one of a site, which needs none.
func named(site *config.Site, assistant string) string {
	if len(site.Assistants) == 1 {
		return ""
	}
	return assistant
}

// Alerted calls operators to a dialog in which the bot goes on.
func (d *Desk) Alerted(ctx context.Context, site *config.Site, v store.Visitor, c dialog.Call) error {
	return d.alert(ctx, site, alert{
		visitor: v, key: called, origin: calledBy(v, c), reason: excerpt(c.Text, maxQuote), ways: c.By,
	})
}

func calledBy(v store.Visitor, c dialog.Call) string { return c.Origin + ":" + string(v.ID) }

// BotEvent is what a webhook is told of an event of a chain.
type BotEvent struct {
	EventHead
	// Name and Data are the chain's.
	Name string         `json:"name"`
	Data map[string]any `json:"data,omitempty"`
}

// Emitted queues an event of a chain for the site's webhook, if it has one.
func (d *Desk) Emitted(ctx context.Context, site *config.Site, v store.Visitor, origin, name string, data map[string]any) error {
	if site.Alerts.Webhook.URL == "" {
		return nil
	}
	event, err := notify.NewEvent("bot.event", BotEvent{EventHead: d.eventHead(site, v), Name: name, Data: data})
	if err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	return d.queueDelivery(ctx, site, alert{visitor: v, origin: origin + ":" + string(v.ID)}, store.Webhook, webhookTarget, event.Payload())
}

// Faulted tells the desk's room that a chain could not do what it says. Of a
// visitor without a room it says only which kind of fault: its text may quote the
// visitor, and an erasure finds what is linked to a room.
func (d *Desk) Faulted(ctx context.Context, site *config.Site, v store.Visitor, origin string, f dialog.ChainFault) error {
	values := markup.Values{"code": f.Code}
	if v.Number > 0 {
		values = d.about(site, v)
		values["text"] = excerpt(f.Text, maxQuote)
	}
	values["chain"], values["step"] = f.Chain, f.Step
	return d.tell(ctx, site, origin, d.say(site, chainFault, values))
}

// mostFaults are listed of what is wrong with chains.
const mostFaults = 10

// Chains tells the desk's room what is wrong with the site's chains, or that they
// are good again.
func (d *Desk) Chains(ctx context.Context, site *config.Site, wrong []string, running bool) error {
	origin := fmt.Sprintf("chains:%d", d.dialog.Now().UnixNano())
	if len(wrong) == 0 {
		return d.tell(ctx, site, origin, d.say(site, chainsGood, nil))
	}
	head := chainsWrongOff
	if running {
		head = chainsWrong
	}
	return d.tell(ctx, site, origin, d.listFaults(site, d.say(site, head, nil), wrong, chainsMore))
}

// listFaults lists what is wrong below a head, and how much more there is.
func (d *Desk) listFaults(site *config.Site, head markup.Text, wrong []string, andMore key) markup.Text {
	lines := []markup.Text{head}
	for _, fault := range wrong[:min(len(wrong), mostFaults)] {
		lines = append(lines, d.say(site, chainsLine, markup.Values{"fault": excerpt(fault, maxURL)}))
	}
	if more := len(wrong) - mostFaults; more > 0 {
		lines = append(lines, d.say(site, andMore, markup.Values{"count": strconv.Itoa(more)}))
	}
	return markup.Lines(lines...)
}

// Knowledge tells the desk's room what is wrong with an assistant's instruction and
// knowledge, or that they are good again.
func (d *Desk) Knowledge(ctx context.Context, site *config.Site, assistant string, wrong []string, running bool) error {
	origin := fmt.Sprintf("knowledge:%s:%d", assistant, d.dialog.Now().UnixNano())
	values := markup.Values{"assistant": named(site, assistant)}
	switch {
	case len(wrong) == 0:
		return d.tell(ctx, site, origin, d.say(site, knowledgeGood, values))
	case running:
		return d.tell(ctx, site, origin, d.listFaults(site, d.say(site, knowledgeWrong, values), wrong, knowledgeMore))
	default:
		return d.tell(ctx, site, origin, d.listFaults(site, d.say(site, knowledgeWrongOff, values), wrong, knowledgeMore))
	}
}

// AssistantFails tells the desk's room that an assistant's endpoint fails, or works again.
func (d *Desk) AssistantFails(ctx context.Context, site *config.Site, f dialog.AssistantFault) error {
	said := assistantFails
	switch {
	case f.Search && f.Works:
		said = searchWorks
	case f.Search:
		said = searchFails
	case f.Works:
		said = assistantWorks
	case f.Answers:
		said = assistantLame
	}
	return d.tell(ctx, site, f.Origin, d.say(site, said, markup.Values{
		"assistant": named(site, f.Assistant), "cause": d.word(site, causeOf(f.Code)), "why": excerpt(f.Why, maxWhy),
	}))
}

// maxWhy is how much of what is wrong with an endpoint is shown, in characters.
const maxWhy = 500

// AssistantLimited tells the desk's room that a limit of an assistant is reached.
func (d *Desk) AssistantLimited(ctx context.Context, site *config.Site, v store.Visitor, l dialog.AssistantLimit) error {
	said := map[dialog.LimitScope]key{dialog.LimitVisitor: limitVisitor, dialog.LimitAddress: limitAddress, dialog.LimitSite: limitSite}[l.Scope]
	values := markup.Values{}
	if v.Number > 0 {
		values = d.about(site, v)
	}
	values["assistant"] = named(site, l.Assistant)
	return d.tell(ctx, site, l.Origin, d.say(site, said, values))
}

// runChain starts a chain in a dialog; alone it lists those that there are.
func (d *Desk) runChain(ctx context.Context, c call) (markup.Text, error) {
	names := d.dialog.ChainNames(c.Site.ID)
	values := markup.Values{"name": excerpt(c.argument, maxWord), "chains": strings.Join(names, ", ")}
	switch {
	case !c.Site.Bot.Enabled:
		return d.say(c.Site, noBot, nil), nil
	case len(names) == 0:
		return d.say(c.Site, noChains, nil), nil
	case c.argument == "":
		return d.say(c.Site, chainNames, values), nil
	case !slices.Contains(names, c.argument):
		values["near"] = typo.Meant(c.argument, names)
		return markup.Lines(d.say(c.Site, noSuchChain, values), d.say(c.Site, chainNames, values)), nil
	}
	stands, err := d.store.Dialog(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	if stands.Status == store.StatusClosed {
		return d.say(c.Site, closedOpenFirst, nil), nil
	}
	_, err = d.dialog.StartChain(ctx, c.Visitor, c.argument, string(c.Event))
	return d.say(c.Site, chainRuns, values), err
}

// chainDays is how far back chains are counted, in days.
const chainDays = 30

// chainStats counts how far visitors came in chains, or in the steps of one.
func (d *Desk) chainStats(ctx context.Context, c call, name string) (markup.Text, error) {
	since := d.dialog.Now().In(c.Site.Location()).AddDate(0, 0, -chainDays).Format(time.DateOnly)
	counts, err := d.store.StepCounts(ctx, c.Site.ID, name, since)
	if err != nil {
		return markup.Text{}, err
	}
	values := markup.Values{"chain": excerpt(name, maxWord), "days": strconv.Itoa(chainDays), "chains": strings.Join(d.dialog.ChainNames(c.Site.ID), ", ")}
	if len(counts) == 0 {
		return d.say(c.Site, chainStatsNone, values), nil
	}
	lines := []markup.Text{d.say(c.Site, chainStatsHead, values)}
	if name == "" {
		counts = byChain(counts)
	} else {
		slices.SortStableFunc(counts, d.dialog.StepOrder(c.Site.ID, name))
	}
	for _, n := range counts {
		what := n.Step
		if name == "" {
			what = n.Chain
		}
		lines = append(lines, d.say(c.Site, chainStatsLine, markup.Values{
			"what": what, "entered": strconv.FormatInt(n.Entered, 10), "answered": strconv.FormatInt(n.Answered, 10), "left": strconv.FormatInt(n.Abandoned, 10),
		}))
	}
	return markup.Lines(lines...), nil
}

// byChain adds up the steps of each chain: how often it was begun is how often
// its most frequent step was reached.
func byChain(steps []store.StepCount) (chains []store.StepCount) {
	for _, n := range steps {
		last := len(chains) - 1
		if last < 0 || chains[last].Chain != n.Chain {
			chains = append(chains, store.StepCount{Chain: n.Chain})
			last++
		}
		sum := &chains[last]
		sum.Entered = max(sum.Entered, n.Entered)
		sum.Answered += n.Answered
		sum.Abandoned += n.Abandoned
	}
	return chains
}
