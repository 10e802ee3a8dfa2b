package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/outward"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

const (
	// maxMedia is the most bytes of a file that the bot shows.
	maxMedia = chain.MaxMedia
	// mediaFor is how long a turn waits for all that it shows from elsewhere, and
	// mediaAtOnce how many of it are fetched at once.
	mediaFor    = 5 * time.Second
	mediaAtOnce = 4
)

// fetchMedia brings what a turn shows onto our disk, before the transaction that
// keeps the turn. What cannot be had is left out, and the operators are told. A
// turn that is never kept leaves files behind that belong to no message; the
// sweep removes them. While too many turns wait for what they show, it returns
// errWaiting, since no worker is to be held up by that; a turn that hurries goes on without.
func (s *Service) fetchMedia(ctx context.Context, t *turn) error {
	if t.fetched == nil {
		t.fetched = map[showing]*chat.File{}
	}
	var first, further []showing
	for _, m := range t.mediaOf() {
		if _, before := t.fetched[m]; before {
			continue
		}
		if m.before == 0 {
			first = append(first, m)
		} else {
			further = append(further, m)
		}
	}
	isElsewhere := func(m showing) bool { return s.isElsewhere(t.site, m.Media) }
	if slices.ContainsFunc(first, isElsewhere) {
		leave, ok := s.bot.shelf.wait(t.site.ID)
		switch {
		case ok:
			defer leave()
		case !t.hurries:
			return errWaiting
		default:
			t.faults = append(t.faults, talk.Fault{Code: "no_media", Text: "What comes from elsewhere cannot be shown: too much of it is waited for."})
			first = slices.DeleteFunc(first, isElsewhere)
		}
	}
	hurry, cancel := context.WithTimeout(ctx, s.bot.shelf.patience)
	defer cancel()
	if err := s.fetchAll(ctx, hurry, t, first); err != nil {
		return err
	}
	// What was had lies on the shelf, and what was not is asked for once.
	return s.fetchAll(ctx, hurry, t, slices.DeleteFunc(further, func(m showing) bool { return t.fetched[showing{m.Media, 0}] == nil }))
}

// fetchAll is fetchMedia for some of what a turn shows.
func (s *Service) fetchAll(ctx, hurry context.Context, t *turn, all []showing) error {
	got, faults := make([]*chat.File, len(all)), make([]error, len(all))
	var group errgroup.Group
	group.SetLimit(mediaAtOnce)
	for i, m := range all {
		group.Go(func() error {
			got[i], faults[i] = s.fetchMedium(ctx, hurry, t, m.Media)
			if errors.Is(faults[i], errStorage) {
				return faults[i]
			}
			return nil
		})
	}
	if err := errors.Join(group.Wait(), ctx.Err()); err != nil {
		return err
	}
	for i, m := range all {
		if faults[i] != nil {
			t.faults = append(t.faults, talk.Fault{Code: "no_media", Text: fmt.Sprintf("%q cannot be shown: %s.", m.Path+m.URL, faults[i])})
		}
		t.fetched[m] = got[i]
	}
	return nil
}

// errStorage says that our own database is at fault, and not the chain.
var errStorage = errors.New("storage")

// fetchMedium makes a file of what is shown, whose bytes are kept once however
// often it is shown. hurry bounds what comes from elsewhere.
func (s *Service) fetchMedium(ctx, hurry context.Context, t *turn, m talk.Media) (*chat.File, error) {
	var thing shown
	var err error
	if m.Path != "" {
		thing, err = s.fromFolder(t.site, m.Path)
	} else {
		thing, err = s.fromElsewhere(hurry, t.site, m.URL)
	}
	if err != nil {
		return nil, err
	}
	f := thing.file
	f.ID = chat.NewFileID()
	if _, err := s.store.AddFile(ctx, store.File{File: f, Visitor: t.who.ID, Party: chat.Bot, State: store.Staged}, "", now()); err != nil {
		return nil, errors.Join(errStorage, err)
	}
	if err := s.files.show(thing, f.ID); err != nil {
		return nil, s.unkept(t.site, err)
	}
	return &f, nil
}

// fromFolder is a file that lies beside the chains.
func (s *Service) fromFolder(site *config.Site, name string) (shown, error) {
	opened, err := os.OpenInRoot(site.Bot.Chains, name)
	if err != nil {
		return shown{}, reasonOf(err)
	}
	defer func() { _ = opened.Close() }()
	info, err := opened.Stat()
	if err != nil {
		return shown{}, reasonOf(err)
	}
	key := fmt.Sprintf("%s %s %d %d", site.ID, name, info.Size(), info.ModTime().UnixNano())
	if known, ok := s.bot.shelf.get(key, now()); ok && s.files.holds(known) {
		return known, nil
	}
	thing, err := s.shelve(site, opened, path.Base(name))
	if err == nil {
		s.bot.shelf.put(key, thing)
	}
	return thing, err
}

// fromElsewhere is what an address leads to.
func (s *Service) fromElsewhere(ctx context.Context, site *config.Site, address string) (shown, error) {
	if known, ok := s.wasElsewhere(site, address); ok {
		return known, known.fault
	}
	if ctx.Err() != nil {
		return shown{}, errors.New("the rest of what is shown took too long")
	}
	thing := shown{}
	body, err := s.download(ctx, site, address)
	if err == nil {
		name := ""
		if u, err := url.Parse(address); err == nil {
			name = path.Base(u.Path)
		}
		if thing, err = s.shelve(site, bytes.NewReader(body), name); err != nil {
			return thing, err
		}
	}
	thing.fault, thing.until = err, now().Add(mediaFresh)
	s.bot.shelf.put(elsewhere(site, address), thing)
	return thing, err
}

// elsewhere names on the shelf what an address of a site's chains leads to.
func elsewhere(site *config.Site, address string) string {
	return fmt.Sprintf("%s %s", site.ID, address)
}

// wasElsewhere is what an address led to a moment ago, also if that was nothing.
func (s *Service) wasElsewhere(site *config.Site, address string) (shown, bool) {
	known, ok := s.bot.shelf.get(elsewhere(site, address), now())
	return known, ok && (known.fault != nil || s.files.holds(known))
}

// isElsewhere reports whether what is shown has to be fetched.
func (s *Service) isElsewhere(site *config.Site, m talk.Media) bool {
	if m.Path != "" {
		return false
	}
	_, known := s.wasElsewhere(site, m.URL)
	return !known
}

// download fetches what a chain shows from elsewhere.
func (s *Service) download(ctx context.Context, site *config.Site, address string) ([]byte, error) {
	client, ok := s.bot.clients[site.ID]
	if !ok {
		return nil, errors.New("nothing is fetched for this site")
	}
	answer, err := client.media.Do(ctx, outward.Request{URL: address})
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, errors.New("there was no answer in time")
	case err != nil:
		return nil, plainly(err)
	case answer.Status != http.StatusOK:
		return nil, fmt.Errorf("the answer has the status %d", answer.Status)
	default:
		return answer.Body, nil
	}
}

// plainly is what an error of the client says to people.
func plainly(err error) error {
	if ours, ok := errors.AsType[*outward.Error](err); ok {
		return errors.New(strings.TrimSuffix(ours.Text, "."))
	}
	return err
}

// reasonOf leaves the path out, which is named already.
func reasonOf(err error) error {
	if inner, ok := errors.AsType[*os.PathError](err); ok {
		return inner.Err
	}
	return err
}
