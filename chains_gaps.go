package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gaps"
	"github.com/anteroom-chat/anteroom/bridge/admin"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/config"
)

// declareGaps adds the flags of chains gaps.
func declareGaps(flags *flag.FlagSet, opts *options) {
	flags.StringVar(&opts.site, "site", "", "only the site `ID`")
	flags.IntVar(&opts.days, "days", 30, "look at that many `days` up to now")
}

// listGaps prints what visitors wrote often and no chain was meant by.
func listGaps(ctx context.Context, opts *options, _ string, stdout, stderr io.Writer) error {
	if opts.days < 1 {
		say(stderr, "anteroom chains gaps: -days is 1 or more.\n")
		return errUsage
	}
	cfg, err := config.Load(opts.config)
	if err != nil {
		return err
	}
	sites := slices.Sorted(maps.Keys(cfg.Sites))
	if opts.site != "" {
		if cfg.Sites[chat.SiteID(opts.site)] == nil {
			return fmt.Errorf("the config has no site %q", opts.site)
		}
		sites = []chat.SiteID{chat.SiteID(opts.site)}
	}
	const day, most = 24 * time.Hour, 20
	since := time.Now().Add(-time.Duration(opts.days) * day)
	for i, site := range sites {
		var found gaps.Gaps
		if err := admin.Unmatched(ctx, cfg, site, since, found.Add); err != nil {
			return err
		}
		found.Sum(most)
		if i > 0 {
			say(stdout, "\n")
		}
		say(stdout, "Site %s: %s in %s that no chain was meant by.\n", site, count(found.Messages, "message"), count(opts.days, "day"))
		listTimes(stdout, "Words", found.Words)
		listTimes(stdout, "Messages", found.Whole)
	}
	return nil
}

func listTimes(stdout io.Writer, heading string, all []gaps.Times) {
	if len(all) == 0 {
		return
	}
	const most = 80 // characters of a message
	say(stdout, "\n%s that came up more than once:\n", heading)
	for _, t := range all {
		say(stdout, "%6d  %s\n", t.Count, plain.Line(t.Text, most))
	}
}
