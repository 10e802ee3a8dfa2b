package convert

import (
	"encoding/json"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// MaxContent is the largest content that is sent, in bytes of JSON. An event
// has 65,536 at most (Matrix specification, "Size limits"), of which the
// homeserver needs some for ids, hashes and signatures.
const MaxContent = 60_000

// TooLarge reports whether the content would not fit into an event.
func TooLarge(content any) bool {
	b, err := json.Marshal(content)
	return err == nil && len(b) > MaxContent
}

// Degraded is a content that says the same in a plainer way.
type Degraded struct {
	// Content is ready to send, unless Upload is set.
	Content *Message
	// Upload is the long text that must be uploaded first; give the address to Attach.
	Upload *Upload
}

// Upload is a file that stands for a text too long for an event.
type Upload struct {
	Name string
	Type string
	Data []byte
}

// Attach completes a content whose Upload now is at url.
func (d Degraded) Attach(url id.ContentURIString) { d.Content.URL = url }

// Degrade makes a content plainer that the homeserver refused or that is too
// large: without formatting, and a text that is still too long becomes a text
// file. False if nothing is left to take away; sending it again is of no use
// then. content is one that ToMatrix made, and is not changed.
func Degrade(content any) (Degraded, bool) {
	old, ok := content.(*Message)
	if !ok {
		return Degraded{}, false
	}
	m := *old
	changed := m.unformat()
	if m.NewContent != nil {
		next := Message{MessageEventContent: *m.NewContent}
		changed = next.unformat() || changed
		m.NewContent = &next.MessageEventContent
	}
	if TooLarge(&m) {
		if d, ok := m.toFile(); ok {
			return d, true
		}
	}
	return Degraded{Content: &m}, changed
}

func (m *Message) unformat() bool {
	changed := m.FormattedBody != ""
	m.Format, m.FormattedBody = "", ""
	return changed
}

// toFile keeps the relation of a reply. An edit cannot turn a text into a file
// in all clients, so it becomes a message that answers the one it meant to change, and
// stays that when a database is restored: Edits is for texts. Offer may be what is too
// long, and its lines are in the file.
func (m *Message) toFile() (Degraded, bool) {
	said := m.MessageEventContent
	relates := m.RelatesTo
	if m.NewContent != nil {
		said = *m.NewContent
		relates = (&event.RelatesTo{}).SetReplyTo(m.RelatesTo.GetReplaceID())
	}
	if !said.MsgType.IsText() {
		return Degraded{}, false
	}
	data := []byte(said.Body)
	f := &Message{Entry: m.Entry, Client: m.Client, Operator: m.Operator, AI: m.AI}
	f.MsgType = event.MsgFile
	f.Mentions = &event.Mentions{}
	f.RelatesTo = relates
	f.FileName = "message.txt"
	f.Body = f.FileName
	f.Info = &event.FileInfo{MimeType: "text/plain", Size: len(data)}
	return Degraded{Content: f, Upload: &Upload{Name: f.FileName, Type: "text/plain; charset=utf-8", Data: data}}, true
}
