package wire_test

import (
	"encoding/json"
	"slices"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// golden is one frame as Go holds it; testdata/<name>.json is the same frame on
// the wire. The widget's tests read the same files.
type golden struct {
	name  string
	frame any
}

const (
	secret  = "q3Jv0sXb1k9mYw5eTfU8ZrLhNc2PdGa7iKo4uVtRjEs"
	client  = chat.ClientID("c0ffee-Tea_42")
	entry1  = chat.EntryID("aaaaaaaaaaaaaaaaaaaaaaaaaa")
	entry2  = chat.EntryID("bbbbbbbbbbbbbbbbbbbbbbbbbb")
	entry3  = chat.EntryID("cccccccccccccccccccccccccc")
	file1   = chat.FileID("ffffffffffffffffffffffffff")
	at      = int64(1795000000123)
	baseURL = "https://chat.example.com/v1/shop/"
)

func page() wire.Page {
	return wire.Page{
		URL: "https://shop.example.com/tea?id=7", Title: "Green tea — Shop", Referrer: "https://search.example.com/",
	}
}

func visitor() wire.Author { return wire.Author{Party: chat.Visitor} }

func operator() wire.Author {
	return wire.Author{
		Party: chat.Operator, ID: "0123456789abcdef", Name: "Анна",
		Avatar: baseURL + "avatars/bXhjOi8vZXhhbXBsZS5jb20vYXZhdGFy",
	}
}

func picture() chat.File {
	return chat.File{ID: file1, Kind: chat.Image, Name: "tea pot.png", Type: "image/png", Size: 68123, Width: 800, Height: 600}
}

func message() wire.Entry {
	return wire.Entry{
		ID: entry1, Seq: 1, Kind: chat.Message, At: at, Author: visitor(), Client: client, Text: "Is the green tea <fresh> & in stock? 🍵",
	}
}

func widgetFrames() []golden {
	view := page()
	return []golden{
		{"hello", &wire.Hello{T: wire.TypeHello, Secret: secret, Page: &view, Language: "ru-RU", TimeZone: "Europe/Moscow"}},
		{"hello_consent", &wire.Hello{T: wire.TypeHello, Secret: secret, Consent: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}},
		{"hello_hints", &wire.Hello{T: wire.TypeHello, Secret: secret, Hints: &wire.Hints{
			Brands: []wire.Brand{{Brand: "Chromium", Version: "156"}, {Brand: "Not;A=Brand", Version: "99"}},
			Mobile: true, Platform: "Android", PlatformVersion: "14.0.0", Model: "Pixel 8",
		}}},
		{"hello_resume", &wire.Hello{T: wire.TypeHello, Secret: secret, Resume: &wire.Resume{Seq: 7, ID: entry2}}},
		{"message", &wire.Message{T: wire.TypeMessage, Client: client, Text: "Is the green tea <fresh> & in stock? 🍵"}},
		{"message_file", &wire.Message{T: wire.TypeMessage, Client: client, Text: "This one", File: file1}},
		{"message_reply", &wire.Message{T: wire.TypeMessage, Client: client, Text: "Yes, that.", ReplyTo: entry2}},
		{"edit", &wire.Edit{T: wire.TypeEdit, Client: client, Target: entry1, Text: "Is the black tea fresh?"}},
		{"redact", &wire.Redact{T: wire.TypeRedact, Client: client, Target: entry1}},
		{"reaction", &wire.Reaction{T: wire.TypeReaction, Client: client, Target: entry2, Key: "👍"}},
		{"upload_ask", &wire.Upload{T: wire.TypeUpload, Client: client, Name: "tea pot.png", Type: "image/png", Size: 68123}},
		{"upload_voice", &wire.Upload{
			T: wire.TypeUpload, Client: client, Name: "Voice message.ogg", Type: "audio/ogg", Size: 9000,
			Voice: &chat.Recording{Duration: 4200, Waveform: []int{0, 512, 1024}},
		}},
		{"file_ask", &wire.FileLink{T: wire.TypeFile, File: file1}},
		{"history_ask", &wire.History{T: wire.TypeHistory, Before: 120, Limit: 50}},
		{"typing_client", &wire.Typing{T: wire.TypeTyping, On: true}},
		{"read_client", &wire.Read{T: wire.TypeRead, Seq: 7}},
		{"delivered", &wire.Delivered{T: wire.TypeDelivered, Seq: 7}},
		{"page", &wire.PageView{T: wire.TypePage, Page: page()}},
		{"ping", &wire.Ping{T: wire.TypePing}},
		{"message_press", &wire.Message{T: wire.TypeMessage, Client: client, Text: "Team", Answer: &chat.Answer{Entry: entry2, Button: new(int)}}},
		{"message_form", &wire.Message{
			T: wire.TypeMessage, Client: client, Text: "November 26, 2026", Answer: &chat.Answer{Entry: entry2, Value: "2026-11-26"},
		}},
		{"message_location", &wire.Message{
			T: wire.TypeMessage, Client: client, Answer: &chat.Answer{Entry: entry2},
			Location: &chat.Location{Latitude: 55.751244, Longitude: 37.618423},
		}},
		{"opened", &wire.Opened{T: wire.TypeOpened}},
		{"visited", &wire.Visited{T: wire.TypeVisited, Client: client, Trigger: "welcome-0"}},
		{"proactive", &wire.Proactive{T: wire.TypeProactive, Client: client, Name: "cart"}},
		{"form", &wire.Form{T: wire.TypeForm, Client: client, ID: "start", Values: map[string]string{
			"email": "maria@example.org", "topic": "0", "news": "yes",
		}}},
		{"rate", &wire.Rate{T: wire.TypeRate, Client: client, Closing: at, Score: 4, Text: "Quick & <kind>"}},
		{"rate_thumb", &wire.Rate{T: wire.TypeRate, Client: client, Closing: at}},
		{"event", &wire.Event{T: wire.TypeEvent, Client: client, Name: "cart", Data: map[string]any{
			"item": "Green tea", "price": 12.5, "vip": true,
		}}},
		{"event_bare", &wire.Event{T: wire.TypeEvent, Client: client, Name: "checkout"}},
	}
}

func entry(e wire.Entry) *wire.NewEntry { return &wire.NewEntry{T: wire.TypeEntry, Entry: e} }

func settings() wire.Site {
	return wire.Site{Name: "Tea Shop", MaxLength: 512, MaxFileSize: 10 << 20, MaxFiles: 10, FileTypes: []string{"image/*", "application/pdf"}, Voice: 120_000}
}

func gatewayEntries() []golden {
	return []golden{
		{"entry_message_visitor", entry(message())},
		{"entry_message_operator", entry(wire.Entry{
			ID: entry2, Seq: 2, Kind: chat.Message, At: at, Author: operator(), Text: "Yes, very fresh!",
			HTML: "Yes, <strong>very</strong> fresh!", ReplyTo: entry1,
		})},
		{"entry_message_emote", entry(wire.Entry{
			ID: entry2, Seq: 2, Kind: chat.Message, At: at, Author: operator(), Text: "makes tea", Emote: true,
		})},
		{"entry_message_bot", entry(wire.Entry{
			ID: entry2, Seq: 2, Kind: chat.Message, At: at, Author: wire.Author{Party: chat.Bot}, Text: "Hello! How can I help?",
		})},
		{"entry_file", entry(wire.Entry{
			ID: entry2, Seq: 3, Kind: chat.Message, At: at, Author: operator(), Text: "Our pot",
			File: &wire.File{File: picture(), URL: baseURL + "files/" + string(file1) + "/tea%20pot.png?s=c2lnbmVk"},
		})},
		{"entry_voice", entry(wire.Entry{
			ID: entry2, Seq: 3, Kind: chat.Message, At: at, Author: operator(),
			File: &wire.File{
				File: chat.File{ID: file1, Kind: chat.Voice, Name: "voice.ogg", Type: "audio/ogg", Size: 9000, Duration: 4200, Waveform: []int{0, 512, 1024}},
				URL:  baseURL + "files/" + string(file1) + "/voice.ogg?s=c2lnbmVk",
			},
		})},
		{"entry_location", entry(wire.Entry{
			ID: entry2, Seq: 4, Kind: chat.Message, At: at, Author: operator(), Text: "We are here",
			Location: &chat.Location{Latitude: 55.751244, Longitude: 37.618423},
		})},
		{"entry_edit", entry(wire.Entry{
			ID: entry3, Seq: 5, Kind: chat.Edit, At: at, Author: visitor(), Client: client, Target: entry1, Text: "Is the black tea fresh?",
		})},
		{"entry_redaction", entry(wire.Entry{
			ID: entry3, Seq: 6, Kind: chat.Redaction, At: at, Author: visitor(), Client: client, Target: entry1,
		})},
		{"entry_reaction", entry(wire.Entry{
			ID: entry3, Seq: 7, Kind: chat.Reaction, At: at, Author: operator(), Target: entry1, Key: "👍",
		})},
		{"entry_redacted", entry(wire.Entry{
			ID: entry1, Seq: 1, Kind: chat.Message, At: at, Author: visitor(), Client: client, Redacted: true,
		})},
	}
}

// offers are what the bot says with ways to answer, and how they were answered.
func offers() []golden {
	said := func(text string, o wire.Offer) *wire.NewEntry {
		return entry(wire.Entry{
			ID: entry2, Seq: 2, Kind: chat.Message, At: at, Author: wire.Author{Party: chat.Bot}, Text: text, Offer: &o,
		})
	}
	answered := message()
	answered.ID, answered.Seq, answered.Text, answered.Answer = entry3, 3, "Team", &chat.Answer{Entry: entry2, Button: new(int)}
	form := message()
	form.ID, form.Seq, form.Text, form.Answer = entry3, 3, "November 26, 2026", &chat.Answer{Entry: entry2, Value: "2026-11-26"}
	return []golden{
		{"entry_offer_buttons", said("Which plan interests you?", wire.Offer{Buttons: []chat.Button{
			{Text: "Team"}, {Text: "Basic"}, {Text: "Documentation", URL: "https://example.com/docs"},
		}})},
		{"entry_offer_quick", said("Is it about an order?", wire.Offer{Quick: true, Buttons: []chat.Button{{Text: "Yes"}, {Text: "No"}}})},
		{"entry_offer_date", said("When may we call you?", wire.Offer{Ask: &chat.Ask{
			Type: chat.AskDate, Min: "2026-11-26", Max: "2026-12-31", Placeholder: "A working day",
		}})},
		{"entry_offer_choice", said("What do you like?", wire.Offer{Ask: &chat.Ask{
			Type: chat.AskChoice, Choices: []string{"Green tea", "Black tea", "Coffee"}, Many: true,
		}})},
		{"entry_offer_rating", said("How was it?", wire.Offer{Ask: &chat.Ask{Type: chat.AskRating, Max: "5"}})},
		{"entry_offer_cards", said("Our teas", wire.Offer{Cards: []wire.Card{
			{
				Title: "Green tea", Text: "Fresh from the hills",
				Image:   &wire.File{File: picture(), URL: baseURL + "files/" + string(file1) + "/tea%20pot.png?s=c2lnbmVk"},
				Buttons: []chat.Button{{Text: "Order"}, {Text: "More", URL: "https://shop.example.com/tea?id=7"}},
			},
			{Title: "Black tea"},
		}})},
		{"entry_answer_press", entry(answered)},
		{"entry_answer_form", entry(form)},
		{"entry_ai", entry(wire.Entry{
			ID: entry2, Seq: 2, Kind: chat.Message, At: at, Author: wire.Author{Party: chat.Bot}, Text: "Within two days, for free over 30 €.",
			AI: &wire.AI{Stream: "k3n8", Sources: []chat.Source{{Title: "Delivery", URL: "https://shop.example.com/delivery#time"}, {Title: "Prices"}}},
		})},
		{"entry_ai_interrupted", entry(wire.Entry{
			ID: entry2, Seq: 2, Kind: chat.Message, At: at, Author: wire.Author{Party: chat.Bot}, Text: "Within two",
			AI: &wire.AI{Stream: "k3n8", Interrupted: true},
		})},
		{"entry_translated", entry(wire.Entry{
			ID: entry2, Seq: 2, Kind: chat.Message, At: at, Author: wire.Author{Party: chat.Operator, ID: "GkWl1nXzq4c", Name: "Anna"},
			Text: "Der Tee kommt morgen.", Original: &chat.Original{
				Text: "The tea comes tomorrow.", HTML: "The tea comes <b>tomorrow</b>.", Language: "en", Into: "de",
			},
		})},
		{"stream", &wire.Stream{T: wire.TypeStream, ID: "k3n8", Text: "Within"}},
		{"stream_more", &wire.Stream{T: wire.TypeStream, ID: "k3n8", N: 1, Text: " two <days> 🍵"}},
		{"stream_gone", &wire.Stream{T: wire.TypeStream, ID: "k3n8", Gone: true}},
		{"typing_bot", &wire.Typing{T: wire.TypeTyping, On: true, Author: &wire.Author{Party: chat.Bot}}},
		{"ack_taken", &wire.Ack{T: wire.TypeAck, Client: client, At: at}},
	}
}

// form has a field of each type.
func form() *wire.Asked {
	return &wire.Asked{ID: "start", Title: "Who are you?", Message: true, Fields: []wire.Field{
		{Name: "name", Type: "name", Max: 100},
		{Name: "email", Type: "email", Required: true, Max: 254},
		{Name: "phone", Type: "phone", Max: 40},
		{Name: "order", Type: "text", Label: "The order's number", Max: 20},
		{Name: "topic", Type: "select", Label: "What is it about?", Max: 1000, Choices: []string{"Tea", "Delivery"}},
		{Name: "news", Type: "checkbox", Label: "Send me news", Max: 1000},
	}}
}

func gatewayFrames() []golden {
	typist, given := operator(), int64(4)
	flow := wire.Flow{
		T: wire.TypeFlow, Called: true, Rate: &wire.Rated{Closing: at, Of: 5, Score: &given, Text: "Quick & <kind>"},
		Channels: []wire.Channel{{Kind: "telegram", Name: "Telegram", URL: "https://t.me/teashop"}, {Kind: "phone", Name: "+7 900 000-00-00", URL: "tel:+79000000000"}},
	}
	return append(slices.Concat(gatewayEntries(), offers()),
		golden{"welcome", &wire.Welcome{
			T: wire.TypeWelcome, Site: settings(), Seq: 9, Entries: []wire.Entry{message()}, More: true, Read: 7, Seen: 8, Now: 1795000060123,
		}},
		golden{"welcome_away", &wire.Welcome{
			T: wire.TypeWelcome, Entries: []wire.Entry{},
			Site: wire.Site{Name: "Tea Shop", MaxLength: 512, Away: &wire.Away{Text: "We are not here.", Span: wire.Span{In: 60_000, For: 3_660_000}, Back: 1767600000000, Later: []wire.Span{{In: 36_060_000, For: 90_060_000}, {In: 122_460_000}}}},
		}},
		golden{"welcome_ai", &wire.Welcome{
			T: wire.TypeWelcome, Entries: []wire.Entry{},
			Site: wire.Site{Name: "Tea Shop", MaxLength: 512, AINotice: "You are talking to an AI. It may be wrong; a person can join at any time."},
		}},
		golden{"welcome_left", &wire.Welcome{
			T: wire.TypeWelcome, Site: wire.Site{Name: "Tea Shop", MaxLength: 512}, Seq: 9, Entries: []wire.Entry{}, Read: 9, Seen: 7, Left: 8,
		}},
		golden{"welcome_reset", &wire.Welcome{
			T: wire.TypeWelcome, Site: wire.Site{Name: "Tea Shop", MaxLength: 512}, Reset: true, Entries: []wire.Entry{},
		}},
		golden{"flow", &flow},
		golden{"flow_form", &wire.Flow{T: wire.TypeFlow, Form: form()}},
		golden{"flow_none", &wire.Flow{T: wire.TypeFlow}},
		golden{"flow_rate", &wire.Flow{T: wire.TypeFlow, Rate: &wire.Rated{Closing: at, Of: 1}}},
		golden{"welcome_flow", &wire.Welcome{
			T: wire.TypeWelcome, Site: wire.Site{Name: "Tea Shop", MaxLength: 512}, Entries: []wire.Entry{}, Flow: &wire.Flow{Form: form(), Person: true},
		}},
		golden{"ack", &wire.Ack{T: wire.TypeAck, Client: client, ID: entry1, Seq: 1, At: at}},
		golden{"upload_answer", &wire.Upload{
			T: wire.TypeUpload, Client: client, File: file1, URL: baseURL + "uploads/" + string(file1) + "?s=c2lnbmVk",
		}},
		golden{"file_answer", &wire.FileLink{
			T: wire.TypeFile, File: file1, URL: baseURL + "files/" + string(file1) + "/tea%20pot.png?s=c2lnbmVk",
		}},
		golden{"history_answer", &wire.History{T: wire.TypeHistory, Before: 120, Entries: []wire.Entry{message()}, More: true}},
		golden{"typing_server", &wire.Typing{T: wire.TypeTyping, On: true, Author: &typist}},
		golden{"read_server", &wire.Read{T: wire.TypeRead, Seq: 8}},
		golden{"left", &wire.Left{T: wire.TypeLeft, Seq: 8}},
		golden{"error", &wire.Error{
			T: wire.TypeError, Code: chat.CodeTooLong, Text: "The message has 600 characters; at most 512 are allowed.", Client: client,
		}},
		golden{"error_retry", &wire.Error{
			T: wire.TypeError, Code: chat.CodeTooFast, Text: "Too many messages at once.", Client: client, RetryAfter: 2000,
		}},
		golden{"pong", &wire.Pong{T: wire.TypePong}},
	)
}

// posts are the bodies beside the frames, and what the settings say of triggers.
func posts() []golden {
	const name = "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8"
	return []golden{
		{"identify_token", &wire.Identify{Secret: secret, Token: "header.claims.signature"}},
		{"identify_check", &wire.Identify{Token: "header.claims.signature"}},
		{"identify_person", &wire.Identify{Secret: secret, Person: json.RawMessage(
			`{"name":"Анна","email":"anna@example.com","phone":"+7 900 0000000","locale":"ru","variables":{"plan":"gold","orders":12,"vip":true}}`,
		)}},
		{"identified_new", &wire.Identified{Secret: secret, Session: name}},
		{"identified_same", &wire.Identified{Session: name}},
		{"sign_out_secret", &wire.SignOut{Secret: secret}},
		{"sign_out_session", &wire.SignOut{Session: name}},
		{"mails_ask", &wire.Mails{Secret: secret}},
		{"mails_on", &wire.Mails{Secret: secret, Answers: new(true), To: "maria@example.org"}},
		{"mails_off", &wire.Mails{Secret: secret, Answers: new(bool)}},
		{"mails_transcript", &wire.Mails{Secret: secret, Client: client, Transcript: true}},
		{"mails_are", &wire.MailsAre{Known: "m…@example.org", Answers: true}},
		{"transcript", &wire.Transcript{Secret: secret, Format: "text"}},
		{"return", &wire.Return{Link: secret, Fresh: secret}},
		{"triggers", &[]wire.Trigger{
			{Key: "welcome-0", URL: "/prices*", After: 15000, Device: "desktop", Once: "visit"},
			{Key: "welcome-1", URL: "https://shop.example.com/cart"},
		}},
	}
}
