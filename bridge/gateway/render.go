package gateway

import (
	"net/url"
	"time"

	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// links writes the URLs under which a site's visitors reach the gateway.
type links struct {
	signer
	sealer
	// public is the gateway's public_url.
	public string
}

func (l links) file(site chat.SiteID, v chat.VisitorID, f chat.File, now time.Time) string {
	name := f.Name
	if name == "" || name == "." || name == ".." {
		name = "file" // those would change the path instead of naming a file
	}
	token := l.token(grant{purpose: forFile, site: site, object: string(f.ID), visitor: v, expires: stableExpiry(now, fileLinkFor)})
	return l.path(site, "files", string(f.ID)) + "/" + url.PathEscape(name) + "?s=" + token
}

func (l links) upload(site chat.SiteID, v chat.VisitorID, f chat.File, now time.Time) string {
	token := l.token(grant{
		purpose: forUpload, site: site, object: string(f.ID), visitor: v, size: f.Size, expires: now.Add(uploadLinkFor),
	})
	return l.path(site, "uploads", string(f.ID)) + "?s=" + token
}

func (l links) avatar(site chat.SiteID, mxc string, now time.Time) string {
	return l.path(site, "avatars", l.seal(site, id.ContentURIString(mxc), stableExpiry(now, avatarLinkFor)))
}

func (l links) path(site chat.SiteID, kind, name string) string {
	return l.public + "/v1/" + string(site) + "/" + kind + "/" + name
}

// entry is an entry of the journal as the widget sees it.
func (l links) entry(site chat.SiteID, e chat.Entry, now time.Time) wire.Entry {
	out := wire.Entry{
		ID: e.ID, Seq: e.Seq, Kind: e.Kind, At: e.At.UnixMilli(), Author: l.author(site, e.Author, now),
		Client: e.Client, Target: e.Target, Redacted: e.Redacted,
	}
	if e.Redacted {
		return out
	}
	c := e.Content
	out.Text, out.HTML, out.Emote, out.ReplyTo, out.Key, out.Location = c.Text, c.HTML, c.Emote, c.ReplyTo, c.Key, c.Location
	out.File, out.Offer, out.Answer = l.shown(site, e.Visitor, c.File, now), l.offer(site, e, now), c.Answer
	out.Original = c.Original
	if c.AI != nil {
		out.AI = &wire.AI{Stream: c.AI.Stream, Sources: c.AI.Sources, Interrupted: c.AI.Interrupted}
	}
	return out
}

// shown is a file with the URL where the visitor may fetch it.
func (l links) shown(site chat.SiteID, v chat.VisitorID, f *chat.File, now time.Time) *wire.File {
	if f == nil {
		return nil
	}
	return &wire.File{File: *f, URL: l.file(site, v, *f, now)}
}

// offer is what a message offers, without the step of the chain behind it.
func (l links) offer(site chat.SiteID, e chat.Entry, now time.Time) *wire.Offer {
	o := e.Content.Offer
	if o == nil {
		return nil
	}
	out := &wire.Offer{Buttons: o.Buttons, Quick: o.Quick, Ask: o.Ask}
	for _, c := range o.Cards {
		out.Cards = append(out.Cards, wire.Card{Title: c.Title, Text: c.Text, Image: l.shown(site, e.Visitor, c.Image, now), Buttons: c.Buttons})
	}
	return out
}

func (l links) entries(site chat.SiteID, entries []chat.Entry, now time.Time) []wire.Entry {
	out := make([]wire.Entry, 0, len(entries))
	for _, e := range entries {
		out = append(out, l.entry(site, e, now))
	}
	return out
}

// author names operators only: a visitor knows itself, and the bot is the site.
// Visitors must not learn operators' user ids.
func (l links) author(site chat.SiteID, a chat.Author, now time.Time) wire.Author {
	if a.Party != chat.Operator {
		return wire.Author{Party: a.Party}
	}
	out := wire.Author{Party: a.Party, Name: a.Name}
	if a.ID != "" {
		out.ID = l.alias(site, a.ID)
	}
	if a.Avatar != "" {
		out.Avatar = l.avatar(site, a.Avatar, now)
	}
	return out
}

// siteSettings is what a widget of that language needs to know of its site.
func siteSettings(s *config.Site, l config.Language) wire.Site {
	out := wire.Site{Name: s.Name, MaxLength: s.MaxLength, AINotice: s.AINotice(l), Away: away(s, l, time.Now())}
	if s.Files.Enabled {
		out.MaxFileSize, out.MaxFiles, out.FileTypes = int64(s.Files.MaxSize), s.Files.MaxCount, s.Files.Types
		out.Voice = s.Files.LongestVoice().Milliseconds()
	}
	if s.MailVisitors.Transcript {
		out.Mails = append(out.Mails, "transcript")
	}
	if s.MailVisitors.Answers {
		out.Mails = append(out.Mails, "answers")
	}
	return out
}
