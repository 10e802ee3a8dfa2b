package matrix

import "github.com/anteroom-chat/anteroom/bridge/chat"

func (m *Matrix) VisitorPresence(chat.VisitorID, bool) { m.polls.wake() }

func (m *Matrix) VisitorMoved(chat.VisitorID) {}
