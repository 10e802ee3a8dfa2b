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
	frame, ok := empty(head.T)
	if !ok {
		return nil, chat.Errorf(chat.CodeBadFrame, "There is no frame of type %q.", cut(string(head.T)))
	}
	if err := json.Unmarshal(data, frame); err != nil {
		return nil, chat.Errorf(chat.CodeBadFrame, "The frame %q has a field of the wrong type.", head.T)
	}
	if c := ClientOf(frame); c != nil && !c.Valid() {
		return nil, chat.Errorf(chat.CodeBadFrame, "The frame %q needs a cid of 8 to 64 characters of base64url.", head.T)
	}
	return frame, nil
}

func empty(t Type) (any, bool) {
	switch t {
	case TypeHello:
		return new(Hello), true
	case TypeMessage:
		return new(Message), true
	case TypeEdit:
		return new(Edit), true
	case TypeRedact:
		return new(Redact), true
	case TypeReaction:
		return new(Reaction), true
	case TypeUpload:
		return new(Upload), true
	case TypeFile:
		return new(FileLink), true
	case TypeHistory:
		return new(History), true
	case TypeTyping:
		return new(Typing), true
	case TypeRead:
		return new(Read), true
	case TypeDelivered:
		return new(Delivered), true
	default:
		return emptyOfPage(t)
	}
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
