package wire

import (
	"encoding/json"
	"fmt"

	"github.com/anteroom-chat/anteroom/bridge/chat"
)

// Decode reads one frame of the widget. Unknown fields are ignored, so that
// an older gateway understands a newer widget; an unknown type is refused.
// Every error is a *chat.Error with CodeBadFrame.
func Decode(data []byte) (any, error) {
	var head struct {
		T Type `json:"t"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, chat.Errorf(chat.CodeBadFrame, "The frame is not a JSON object with a field t.")
	}
	empty, ok := blank[head.T]
	if !ok {
		return nil, chat.Errorf(chat.CodeBadFrame, "There is no frame of type %q.", cut(string(head.T)))
	}
	frame := empty()
	if err := json.Unmarshal(data, frame); err != nil {
		return nil, chat.Errorf(chat.CodeBadFrame, "The frame %q has a field of the wrong type.", head.T)
	}
	if c := ClientOf(frame); c != nil && !c.Valid() {
		return nil, chat.Errorf(chat.CodeBadFrame, "The frame %q needs a cid of 8 to 64 characters of base64url.", head.T)
	}
	return frame, nil
}

// IsPing reports whether a frame is a ping as the widget writes it. Most frames are: every
// few seconds each page that is open sends one, and it is the same each time.
func IsPing(data []byte) bool { return string(data) == `{"t":"ping"}` }

// blank makes an empty frame of each type that the widget sends.
var blank = map[Type]func() any{ //nolint:gochecknoglobals // a table, never written to
	TypeHello:     func() any { return new(Hello) },
	TypeMessage:   func() any { return new(Message) },
	TypeEdit:      func() any { return new(Edit) },
	TypeRedact:    func() any { return new(Redact) },
	TypeReaction:  func() any { return new(Reaction) },
	TypeUpload:    func() any { return new(Upload) },
	TypeFile:      func() any { return new(FileLink) },
	TypeHistory:   func() any { return new(History) },
	TypeTyping:    func() any { return new(Typing) },
	TypeRead:      func() any { return new(Read) },
	TypeDelivered: func() any { return new(Delivered) },
	TypePage:      func() any { return new(PageView) },
	TypeOpened:    func() any { return new(Opened) },
	TypeVisited:   func() any { return new(Visited) },
	TypeProactive: func() any { return new(Proactive) },
	TypeEvent:     func() any { return new(Event) },
	TypeForm:      func() any { return new(Form) },
	TypeRate:      func() any { return new(Rate) },
	TypePing:      func() any { return new(Ping) },
}

// ClientOf returns the client key of a frame that carries one, else nil.
func ClientOf(frame any) *chat.ClientID {
	switch f := frame.(type) {
	case *Message:
		return &f.Client
	case *Edit:
		return &f.Client
	case *Redact:
		return &f.Client
	case *Reaction:
		return &f.Client
	case *Upload:
		return &f.Client
	case *Visited:
		return &f.Client
	case *Proactive:
		return &f.Client
	case *Event:
		return &f.Client
	case *Form:
		return &f.Client
	case *Rate:
		return &f.Client
	default:
		return nil
	}
}

func cut(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return fmt.Sprintf("%s…", string(r[:most]))
	}
	return s
}
