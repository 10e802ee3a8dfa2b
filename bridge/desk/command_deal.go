package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/markup"
	"github.com/anteroom-chat/anteroom/bridge/chat/money"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// deal lists a visitor's deals, keeps a new one, or shows and changes one.
func (d *Desk) deal(ctx context.Context, c call) (markup.Text, error) {
	word, rest, _ := strings.Cut(c.argument, " ")
	rest = strings.TrimSpace(rest)
	switch {
	case word == "":
		return d.dealList(ctx, c)
	case strings.EqualFold(word, "add"):
		return d.addDeal(ctx, c, rest)
	}
	number, err := strconv.ParseInt(strings.TrimPrefix(word, "#"), 10, 64)
	if err != nil {
		return markup.Text{}, wrong(dealBadWord, markup.Values{"word": excerpt(word, maxWord)})
	}
	if rest == "" {
		return d.dealHistory(ctx, c, number)
	}
	draft, err := d.dealDraft(ctx, c, number, rest)
	if err != nil {
		return markup.Text{}, err
	}
	changed, different, err := d.dialog.ChangeDeal(ctx, c.Site, c.Visitor, number, draft, string(c.Sender))
	if err != nil {
		return markup.Text{}, d.dealFault(ctx, c, err, number)
	}
	if !different {
		return d.dealLine(c.Site, dealSame, changed), nil
	}
	return d.dealLine(c.Site, dealChanged, changed), nil
}

func (d *Desk) dealList(ctx context.Context, c call) (markup.Text, error) {
	deals, err := d.store.Deals(ctx, c.Visitor.ID)
	if err != nil {
		return markup.Text{}, err
	}
	if len(deals) == 0 {
		return d.say(c.Site, dealNone, markup.Values{"currency": c.Site.Deals.Currency}), nil
	}
	lines := []markup.Text{d.say(c.Site, dealHead, nil)}
	for i, x := range deals {
		if i == maxListed {
			lines = append(lines, d.say(c.Site, andMore, nil))
			break
		}
		lines = append(lines, d.dealLine(c.Site, dealLine, x))
	}
	return markup.Lines(lines...), nil
}

// addDeal keeps a new deal. An amount that ends the title counts as one if it
// names its currency: "Team plan 2" and "Shower gel 50" are titles.
func (d *Desk) addDeal(ctx context.Context, c call, title string) (markup.Text, error) {
	draft := dialog.DealDraft{Title: &title}
	words := strings.Fields(title)
	for from := max(1, len(words)-3); from < len(words); from++ {
		tail := strings.Join(words[from:], " ")
		if amount, err := money.ParseNamed(tail, c.Site.Deals.Currency); err == nil {
			shorter := strings.TrimRight(strings.Join(words[:from], " "), " ,;:–—-") // which parted the two
			draft.Title, draft.Amount = &shorter, &amount
			break
		}
	}
	added, err := d.dialog.AddDeal(ctx, c.Site, c.Visitor, draft, string(c.Sender))
	if err != nil {
		return markup.Text{}, d.dealFault(ctx, c, err, 0)
	}
	return d.dealLine(c.Site, dealAdded, added), nil
}

// dealDraft reads what is to become of a deal.
func (d *Desk) dealDraft(ctx context.Context, c call, number int64, text string) (draft dialog.DealDraft, err error) {
	word, value, _ := strings.Cut(text, " ")
	word, value = strings.ToLower(word), strings.TrimSpace(value)
	if status := store.DealStatus(word); value == "" && (status == store.DealOpen || status == store.DealWon || status == store.DealLost) {
		draft.Status = &status
		return draft, nil
	}
	if value == "" {
		return draft, wrong(missing, nil)
	}
	switch word {
	case "title":
		draft.Title = &value
	case "amount":
		amount := money.Amount{}
		if value != none {
			if amount, err = money.Parse(value, c.Site.Deals.Currency); err != nil {
				return draft, wrong(dealBadAmount, markup.Values{"word": excerpt(value, maxWord)})
			}
		}
		draft.Amount = &amount
	case "stage":
		return d.stageDraft(ctx, c, number, value)
	case "pipeline":
		p, ok := pipelineCalled(c.Site, value)
		if !ok {
			return draft, wrong(dealNoPipeline, markup.Values{"word": excerpt(value, maxWord), "pipelines": strings.Join(pipelinesOf(c.Site), ", ")})
		}
		draft.Pipeline = &p.ID
	default:
		return draft, wrong(dealBadWord, markup.Values{"word": excerpt(word, maxWord)})
	}
	return draft, nil
}

// stageDraft finds a stage of the deal's own pipeline.
func (d *Desk) stageDraft(ctx context.Context, c call, number int64, value string) (draft dialog.DealDraft, err error) {
	now, err := d.store.Deal(ctx, c.Visitor.ID, number)
	if err != nil {
		return draft, d.dealFault(ctx, c, unknownDeal(err), number)
	}
	p, ok := c.Site.Deals.Pipeline(now.Pipeline)
	if !ok { // which is gone from the config
		p = c.Site.Deals.Usual()
		draft.Pipeline = &p.ID
	}
	var names []string
	for _, s := range p.Stages {
		name := s.Name.In(c.Site.Language)
		if strings.EqualFold(value, s.ID) || strings.EqualFold(value, name) {
			draft.Stage = &s.ID
			return draft, nil
		}
		names = append(names, fmt.Sprintf("%s (%s)", s.ID, name))
	}
	return draft, wrong(dealNoStage, markup.Values{
		"word": excerpt(value, maxWord), "pipeline": p.Name.In(c.Site.Language), "stages": strings.Join(names, ", "),
	})
}

func pipelineCalled(site *config.Site, word string) (config.Pipeline, bool) {
	for _, p := range site.Deals.Pipelines {
		if strings.EqualFold(word, p.ID) || strings.EqualFold(word, p.Name.In(site.Language)) {
			return p, true
		}
	}
	return config.Pipeline{}, false
}

func pipelinesOf(site *config.Site) (names []string) {
	for _, p := range site.Deals.Pipelines {
		names = append(names, fmt.Sprintf("%s (%s)", p.ID, p.Name.In(site.Language)))
	}
	return names
}

// unknownDeal makes the core's word of the store's.
func unknownDeal(err error) error {
	if err == store.ErrNotFound { //nolint:errorlint // never wrapped
		return &chat.Error{Code: chat.CodeUnknownDeal}
	}
	return err
}

// dealFault is what a command answers to what the core refuses.
func (d *Desk) dealFault(ctx context.Context, c call, err error, number int64) error {
	public, ok := err.(*chat.Error) //nolint:errorlint // the core's own word, not something below it
	if !ok {
		return err
	}
	switch public.Code {
	case chat.CodeUnknownDeal:
		deals, err := d.store.Deals(ctx, c.Visitor.ID)
		if err != nil {
			return err
		}
		var numbers []string
		for _, x := range deals {
			numbers = append(numbers, strconv.FormatInt(x.Number, 10))
		}
		return wrong(dealUnknown, markup.Values{"number": strconv.FormatInt(number, 10), "numbers": excerpt(strings.Join(numbers, ", "), maxQuote)})
	case chat.CodeEmpty:
		return wrong(dealNoTitle, markup.Values{"currency": c.Site.Deals.Currency})
	case chat.CodeTooLarge:
		return wrong(dealTooMany, markup.Values{"most": strconv.Itoa(dialog.MaxDeals)})
	default:
		return err
	}
}

// dealLine is a deal in one line.
func (d *Desk) dealLine(site *config.Site, k key, x store.Deal) markup.Text {
	values := markup.Values{
		"number": strconv.FormatInt(x.Number, 10), "title": x.Title, "amount": x.Amount.For(site.Language == config.Russian),
		"stage": stageName(site, x.Pipeline, x.Stage),
	}
	if x.Status != store.DealOpen {
		values["closed"] = d.word(site, dealStatusKey(x.Status))
	}
	return d.say(site, k, values)
}

// stageName is a pipeline and a stage for people; what the config does not have
// any more is called by its id.
func stageName(site *config.Site, pipeline, stage string) string {
	p, ok := site.Deals.Pipeline(pipeline)
	if !ok {
		return pipeline + ": " + stage
	}
	name := stage
	if s, ok := p.Stage(stage); ok {
		name = s.Name.In(site.Language)
	}
	if len(site.Deals.Pipelines) == 1 {
		return name
	}
	return p.Name.In(site.Language) + ": " + name
}

func dealStatusKey(s store.DealStatus) key {
	switch s {
	case store.DealWon:
		return dealWon
	case store.DealLost:
		return dealLost
	case store.DealOpen:
		return dealOpen
	default:
		return dealOpen
	}
}

// dealHistory shows a deal and what became of it.
func (d *Desk) dealHistory(ctx context.Context, c call, number int64) (markup.Text, error) {
	x, err := d.store.Deal(ctx, c.Visitor.ID, number)
	if err != nil {
		return markup.Text{}, d.dealFault(ctx, c, unknownDeal(err), number)
	}
	changes, err := d.store.DealChanges(ctx, x)
	if err != nil {
		return markup.Text{}, err
	}
	lines := []markup.Text{d.dealLine(c.Site, dealChanged, x)}
	for _, change := range changes {
		lines = append(lines, d.changeLine(c.Site, change))
	}
	return markup.Lines(lines...), nil
}

func (d *Desk) changeLine(site *config.Site, c store.DealChange) markup.Text {
	values := markup.Values{"at": dialog.When(site, c.At), "by": c.By, "was": c.Was, "becomes": c.Becomes}
	k := dealCreated
	switch c.What {
	case store.DealTitle:
		k = dealRetitled
	case store.DealAmount:
		k = dealAmountNow
		values["was"], values["becomes"] = amountFor(site, c.Was), amountFor(site, c.Becomes)
	case store.DealStage:
		k = dealMoved
		for _, name := range []string{"was", "becomes"} {
			pipeline, stage, _ := strings.Cut(values[name], "/")
			values[name] = stageName(site, pipeline, stage)
		}
	case store.DealStatusPart:
		k = dealStatusNow
		values["was"], values["becomes"] = d.word(site, dealStatusKey(store.DealStatus(c.Was))), d.word(site, dealStatusKey(store.DealStatus(c.Becomes)))
	case store.DealCreated:
	}
	return d.say(site, k, values)
}

// amountFor is an amount of the history for people.
func amountFor(site *config.Site, written string) string {
	if amount, err := money.Parse(written, ""); err == nil {
		return amount.For(site.Language == config.Russian)
	}
	return "–"
}

// dealSums says what the site's open deals come to, by stage.
func (d *Desk) dealSums(ctx context.Context, c call) (markup.Text, error) {
	sums, err := d.store.DealSums(ctx, c.Site.ID)
	if err != nil {
		return markup.Text{}, err
	}
	sums = slices.DeleteFunc(sums, func(s store.DealSum) bool { return s.Status != store.DealOpen })
	if len(sums) == 0 {
		return d.say(c.Site, dealsNone, nil), nil
	}
	lines := []markup.Text{d.say(c.Site, dealsHead, nil)}
	sums = inOrder(c.Site, sums)
	for from, s := range sums {
		same := func(other store.DealSum) bool { return other.Pipeline == s.Pipeline && other.Stage == s.Stage }
		if slices.IndexFunc(sums, same) == from {
			lines = append(lines, d.sumsLine(c.Site, slices.DeleteFunc(slices.Clone(sums), func(other store.DealSum) bool { return !same(other) })))
		}
	}
	return markup.Lines(lines...), nil
}

// sumsLine is what the deals of one stage come to, in each currency.
func (d *Desk) sumsLine(site *config.Site, sums []store.DealSum) markup.Text {
	deals, amounts := 0, []string(nil)
	for _, s := range sums {
		deals += s.Deals
		if amount := s.Amount.For(site.Language == config.Russian); amount != "" { // some have none
			amounts = append(amounts, amount)
		}
	}
	return d.say(site, dealsLine, markup.Values{
		"stage": stageName(site, sums[0].Pipeline, sums[0].Stage), "deals": strconv.Itoa(deals), "amount": strings.Join(amounts, " + "),
	})
}

// inOrder sorts sums as the config has its stages; what it does not have comes last.
func inOrder(site *config.Site, sums []store.DealSum) []store.DealSum {
	var sorted, rest []store.DealSum
	for _, p := range site.Deals.Pipelines {
		for _, stage := range p.Stages {
			for _, s := range sums {
				if s.Pipeline == p.ID && s.Stage == stage.ID {
					sorted = append(sorted, s)
				}
			}
		}
	}
	for _, s := range sums {
		p, _ := site.Deals.Pipeline(s.Pipeline)
		if _, ok := p.Stage(s.Stage); !ok {
			rest = append(rest, s)
		}
	}
	return append(sorted, rest...)
}
