package panel

import (
	"encoding/json"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/desk/api"
)

// The frames that a panel is sent.
type (
	contactFrame struct {
		Type    string      `json:"type"`
		Contact api.Contact `json:"contact"`
	}
	changedFrame struct {
		Type     string        `json:"type"`
		Contacts []api.Contact `json:"contacts"`
	}
	typingFrame struct {
		Type    string         `json:"type"`
		Contact chat.VisitorID `json:"contact"`
		On      bool           `json:"on"`
	}
	goneFrame struct {
		Type    string         `json:"type"`
		Contact chat.VisitorID `json:"contact"`
	}
	endFrame struct {
		Type   string    `json:"type"`
		Code   chat.Code `json:"code"`
		Detail string    `json:"detail"`
	}
	bareFrame struct {
		Type string `json:"type"`
	}
)

// encode writes a frame; all of ours can be written.
func encode(frame any) []byte {
	data, err := json.Marshal(frame)
	if err != nil {
		return nil
	}
	return data
}
