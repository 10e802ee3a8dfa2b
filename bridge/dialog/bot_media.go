package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/chat/plain"
	"github.com/anteroom-chat/anteroom/bridge/outward"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// fetchMedia brings what a turn shows onto our disk, before the transaction that
// keeps the turn. What cannot be had is left out, and the operators are told. A
// turn that is never kept leaves files behind that belong to no message; the
// sweep removes them.
func (s *Service) fetchMedia(ctx context.Context, t *turn) error {
	for _, m := range t.mediaOf() {
		if _, before := t.fetched[m]; before {
			continue
		}
		f, err := s.fetchMedium(ctx, t, m)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errStorage) {
			return err
		}
		if err != nil {
			t.faults = append(t.faults, talk.Fault{Code: "no_media", Text: fmt.Sprintf("%q cannot be shown: %s.", m.Path+m.URL, err)})
		}
		if t.fetched == nil {
			t.fetched = map[talk.Media]*chat.File{}
		}
		t.fetched[m] = f
	}
	return nil
}

// errStorage says that our own disk or database is at fault, and not the chain.
var errStorage = errors.New("storage")

func (s *Service) fetchMedium(ctx context.Context, t *turn, m talk.Media) (*chat.File, error) {
	var from io.Reader
	f := chat.File{ID: chat.NewFileID(), Kind: chat.Attachment}
	if m.Path != "" {
		opened, err := os.OpenInRoot(t.site.Bot.Chains, m.Path)
		if err != nil {
			return nil, reasonOf(err)
		}
		defer func() { _ = opened.Close() }()
		from, f.Name = opened, path.Base(m.Path)
	} else {
		body, err := s.download(ctx, t, m.URL)
		if err != nil {
			return nil, err
		}
		from = bytes.NewReader(body)
		if u, err := url.Parse(m.URL); err == nil {
			f.Name = path.Base(u.Path)
		}
	}
	if f.Name = plain.FileName(f.Name); f.Name == "" {
		f.Name = "file"
	}
	temporary, size, err := s.files.write(from, maxMedia)
	if err != nil {
		return nil, errors.Join(errStorage, err)
	}
	defer func() { _ = os.Remove(temporary) }()
	if size > maxMedia {
		return nil, fmt.Errorf("it is larger than %d MB", maxMedia>>20)
	}
	if f, err = inspect(temporary, f); err != nil {
		return nil, errors.Join(errStorage, err)
	}
	f.Size = size
	if _, err := s.store.AddFile(ctx, store.File{File: f, Visitor: t.who.ID, Party: chat.Bot, State: store.Staged}, "", now()); err != nil {
		return nil, errors.Join(errStorage, err)
	}
	if err := s.files.keep(temporary, s.files.upload(f.ID)); err != nil {
		return nil, errors.Join(errStorage, err)
	}
	return &f, nil
}

// maxMedia is the most bytes of a file that the bot shows.
const maxMedia = chain.MaxMedia

// download fetches what a chain shows from elsewhere.
func (s *Service) download(ctx context.Context, t *turn, address string) ([]byte, error) {
	client, ok := s.bot.clients[t.site.ID]
	if !ok {
		return nil, errors.New("nothing is fetched for this site")
	}
	answer, err := client.media.Do(ctx, outward.Request{URL: address})
	switch {
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
