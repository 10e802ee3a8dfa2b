package console_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"github.com/anteroom-chat/anteroom/bridge/demo/console"
	"github.com/anteroom-chat/anteroom/bridge/dendrite"
	"github.com/anteroom-chat/anteroom/bridge/dendrite/dendritetest"
)

const (
	token    = "a token of the application service, only here"
	patience = 30 * time.Second
)

// screen is the console's output, line by line.
type screen struct {
	t     *testing.T
	lines chan string
}

// wait returns the next line that contains the text.
func (s screen) wait(text string) string {
	s.t.Helper()
	var seen []string
	deadline := time.After(patience)
	for {
		select {
		case line := <-s.lines:
			if strings.Contains(line, text) {
				return line
			}
			seen = append(seen, line)
		case <-deadline:
			s.t.Fatalf("nothing on the screen says %q, only:\n%s", text, strings.Join(seen, "\n"))
		}
	}
}

// start runs the console as @anna and returns what is typed and what is seen.
func start(t *testing.T, server *dendrite.Server) (*os.File, screen) {
	t.Helper()
	in, typed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	shown, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := console.Open(in, out)
	if err != nil {
		t.Fatal(err)
	}
	s := screen{t, make(chan string, 1000)}
	go func() {
		for scanner := bufio.NewScanner(shown); scanner.Scan(); {
			s.lines <- scanner.Text()
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- console.Run(ctx, terminal, server.URL(), "@anna:localhost", dendritetest.Password) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		for _, f := range []*os.File{in, typed, shown, out} {
			_ = f.Close()
		}
	})
	return typed, s
}

// visitor returns a room that has the name, with anna invited, and a client that acts as its ghost.
func visitor(t *testing.T, server *dendrite.Server, name string) (*mautrix.Client, id.RoomID) {
	t.Helper()
	ghost := "anteroom_" + strings.Repeat(strings.ToLower(name[:1]), 16)
	bot, client := service(t, server, "anteroom"), service(t, server, ghost)
	_, _, err := client.Register(t.Context(), &mautrix.ReqRegister[any]{Username: ghost, Type: mautrix.AuthTypeAppservice, InhibitLogin: true})
	if err != nil {
		t.Fatal(err)
	}
	room, err := bot.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Name: name, Invite: []id.UserID{client.UserID}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.JoinRoomByID(t.Context(), room.RoomID); err != nil {
		t.Fatal(err)
	}
	if _, err := bot.InviteUser(t.Context(), room.RoomID, &mautrix.ReqInviteUser{UserID: "@anna:localhost"}); err != nil {
		t.Fatal(err)
	}
	return client, room.RoomID
}

// service returns a client that acts as one of the bridge's users.
func service(t *testing.T, server *dendrite.Server, localpart string) *mautrix.Client {
	t.Helper()
	client, err := mautrix.NewClient(server.URL(), id.NewUserID(localpart, "localhost"), token)
	if err != nil {
		t.Fatal(err)
	}
	client.SetAppServiceUserID = true
	return client
}

func homeserver(t *testing.T) *dendrite.Server {
	t.Helper()
	registration := filepath.Join(t.TempDir(), "registration.yaml")
	text := fmt.Sprintf(`{id: anteroom, url: "", as_token: %q, hs_token: unused, sender_localpart: anteroom,
		namespaces: {users: [{regex: "@anteroom_.*", exclusive: true}]}}`, token)
	if err := os.WriteFile(registration, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dendritetest.Start(t, dendrite.Options{Registrations: []string{registration}})
}

// received waits until the room's other side holds a message with the text.
func received(t *testing.T, client *mautrix.Client, room id.RoomID, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for ctx.Err() == nil {
		page, err := client.Messages(ctx, room, "", "", mautrix.DirectionBackward, nil, 20)
		if err != nil {
			t.Fatal(err)
		}
		for _, evt := range page.Chunk {
			if body, _ := evt.Content.Raw["body"].(string); body == text && evt.Sender == "@anna:localhost" {
				return
			}
		}
	}
	t.Fatalf("%q did not arrive", text)
}

func send(t *testing.T, client *mautrix.Client, room id.RoomID, content any) id.EventID {
	t.Helper()
	resp, err := client.SendMessageEvent(t.Context(), room, event.EventMessage, content)
	if err != nil {
		t.Fatal(err)
	}
	return resp.EventID
}

func TestAnOperatorAtTheTerminal(t *testing.T) {
	server := homeserver(t)
	if _, err := server.CreateUser(t.Context(), "anna", dendritetest.Password); err != nil {
		t.Fatal(err)
	}
	typed, screen := start(t, server)
	fmt.Fprintln(typed, "too early")
	screen.wait("Nobody has written yet")

	client, room := visitor(t, server, "Berlin, 14:02")
	first := send(t, client, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "is the \x1b[31mmug\u202e here?"})
	if line := screen.wait("[1] Berlin, 14:02"); !strings.HasSuffix(line, "is the [31mmug here?") {
		t.Errorf("the message came as %q; what steers a terminal should be gone", line)
	}
	fmt.Fprintln(typed, "yes, on the shelf")
	received(t, client, room, "yes, on the shelf")

	edit := &event.MessageEventContent{MsgType: event.MsgText, Body: "is the bowl here?"}
	edit.SetEdit(first)
	send(t, client, room, edit)
	screen.wait("edited “is the [31mmug here?” to: is the bowl here?")
	send(t, client, room, &event.MessageEventContent{MsgType: event.MsgFile, Body: "list.pdf", Info: &event.FileInfo{Size: 2048}})
	screen.wait("sent the file list.pdf, 2 KiB")
	if _, err := client.UserTyping(t.Context(), room, true, time.Minute); err != nil {
		t.Fatal(err)
	}
	screen.wait("is typing")
	if _, err := client.RedactEvent(t.Context(), room, first); err != nil {
		t.Fatal(err)
	}
	screen.wait("removed “is the bowl here?”")

	other, otherRoom := visitor(t, server, "Riga")
	send(t, other, otherRoom, &event.MessageEventContent{MsgType: event.MsgText, Body: "hello"})
	screen.wait("[2] Riga")
	fmt.Fprintln(typed, "/1 to the first")
	received(t, client, room, "to the first")
	fmt.Fprintln(typed, "to the latest")
	received(t, other, otherRoom, "to the latest")
	fmt.Fprintln(typed, "/1")
	screen.wait("Answers go to [1] Berlin, 14:02")
	fmt.Fprintln(typed, "//1 is chosen")
	received(t, client, room, "/1 is chosen")
	fmt.Fprintln(typed, "/7 hello")
	screen.wait("There is no dialog 7")
	fmt.Fprintln(typed, "/dance")
	screen.wait("/dance is unknown")
	fmt.Fprintln(typed, "/list")
	screen.wait("Riga: hello")

	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	screen.wait("does not answer; trying again")
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	screen.wait("answers again")
	send(t, other, otherRoom, &event.MessageEventContent{MsgType: event.MsgText, Body: "still there?"})
	screen.wait("still there?")
}

func TestASecondStartKnowsTheDialogs(t *testing.T) {
	server := homeserver(t)
	anna := dendritetest.Operator(t, server, "anna")
	client, room := visitor(t, server, "Berlin")
	if _, err := anna.JoinRoomByID(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	send(t, client, room, &event.MessageEventContent{MsgType: event.MsgText, Body: "from yesterday"})
	typed, screen := start(t, server)
	if line := screen.wait("from before"); strings.Contains(line, "yesterday") {
		t.Error("an old message is shown again")
	}
	fmt.Fprintln(typed, "good morning")
	received(t, client, room, "good morning")
}

func TestDialogsKeepTheirNumbersOverStarts(t *testing.T) {
	server := homeserver(t)
	anna := dendritetest.Operator(t, server, "anna")
	berlin, first := visitor(t, server, "Berlin")
	riga, second := visitor(t, server, "Riga")
	for _, room := range []id.RoomID{second, first} {
		if _, err := anna.JoinRoomByID(t.Context(), room); err != nil {
			t.Fatal(err)
		}
	}
	send(t, riga, second, &event.MessageEventContent{MsgType: event.MsgText, Body: "me first"})
	send(t, berlin, first, &event.MessageEventContent{MsgType: event.MsgText, Body: "and me"})
	typed, screen := start(t, server)
	screen.wait("2 from before")
	fmt.Fprintln(typed, "to who wrote last")
	received(t, berlin, first, "to who wrote last")
	fmt.Fprintln(typed, "/2 to the second")
	received(t, riga, second, "to the second")
}

func TestWhatAnOperatorSeesOfOthers(t *testing.T) {
	server := homeserver(t)
	anna := dendritetest.Operator(t, server, "anna")
	_, screen := start(t, server)
	client, room := visitor(t, server, "Berlin, 14:02")
	text := func(body string) *event.MessageEventContent {
		return &event.MessageEventContent{MsgType: event.MsgText, Body: body}
	}
	first := send(t, client, room, text("hello"))
	screen.wait("[1] Berlin, 14:02  hello")
	send(t, client, room, text("again"))
	screen.wait("[1]  again")

	send(t, anna, room, text(strings.Repeat("long ", 10_000)))
	if line := screen.wait("anna: long"); !strings.HasSuffix(line, "… (49000 more characters)") {
		t.Errorf("a long text ends with %q", line[max(0, len(line)-60):])
	}
	send(t, anna, room, text(strings.Repeat("line\n", 20)+"the last"))
	if line := screen.wait("more characters"); !strings.HasSuffix(line, "line … (49 more characters)") {
		t.Errorf("many lines end with %q", line)
	}
	note := text("she is a regular")
	note.RelatesTo = (&event.RelatesTo{}).SetThread(first, first)
	send(t, anna, room, note)
	screen.wait("anna: internal note, not sent to the visitor: she is a regular")

	typing := func(on bool) {
		t.Helper()
		if _, err := client.UserTyping(t.Context(), room, on, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	typing(true)
	screen.wait("is typing")
	for _, on := range []bool{false, true} {
		typing(on)
		// What comes after it is on the screen: so is, or would be, the line about it.
		send(t, anna, room, text(fmt.Sprintf("typing %t", on)))
		if line := screen.wait("typing"); strings.Contains(line, "is typing") {
			t.Error("that the visitor types is shown again before they have written")
		}
	}
	send(t, client, room, text("written"))
	typing(false)
	send(t, anna, room, text("and then"))
	screen.wait("and then")
	typing(true)
	screen.wait("is typing")
}

func TestWhatTheBotTellsTheOperatorAlone(t *testing.T) {
	server := homeserver(t)
	if _, err := server.CreateUser(t.Context(), "anna", dendritetest.Password); err != nil {
		t.Fatal(err)
	}
	typed, screen := start(t, server)
	fmt.Fprintln(typed, "/list")
	screen.wait("No dialogs yet")
	bot := service(t, server, "anteroom")
	room, err := bot.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{IsDirect: true, Invite: []id.UserID{"@anna:localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	send(t, bot, room.RoomID, &event.MessageEventContent{MsgType: event.MsgNotice, Body: "Open the panel (https://chat.example.com/panel/shop#link=once)"})
	screen.wait("https://chat.example.com/panel/shop#link=once")
}
