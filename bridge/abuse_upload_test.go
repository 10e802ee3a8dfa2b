package bridge_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/gateway/wire"
)

// mostOfAnUpload is the largest of the thousand, in bytes.
const mostOfAnUpload = 64 << 10

// sendUpload announces a file and sends it; each second one ends half-way.
func (s *siege) sendUpload(t *testing.T, conn *websocket.Conn, address string, i int, kind string) {
	content := bytes.Repeat([]byte("anteroom"), (1+i)*mostOfAnUpload/10/8)
	announced := &wire.Upload{T: wire.TypeUpload, Client: chat.ClientID(fmt.Sprintf("upload-%04d", i)), Name: "../../" + strings.Repeat("a", 300) + ".exe", Size: int64(len(content))}
	if err := conn.WriteJSON(announced); err != nil {
		t.Error(err)
		return
	}
	_ = conn.SetReadDeadline(time.Now().Add(bridgetest.Patience))
	var place wire.Upload
	for place.T != wire.TypeUpload {
		if err := conn.ReadJSON(&place); err != nil {
			t.Errorf("an upload is not answered: %v", err)
			return
		}
		if place.T == wire.TypeError {
			t.Errorf("upload %d is refused", i)
			return
		}
	}
	to, err := s.from(t.Context(), proxy)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = to.Close() }()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, place.URL, nil)
	if err != nil {
		t.Error(err)
		return
	}
	head := fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: x\r\nOrigin: %s\r\nX-Forwarded-For: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
		request.URL.RequestURI(), bridgetest.Origin, address, kind, len(content))
	_, _ = io.WriteString(to, head)
	if i%2 == 1 {
		_, _ = to.Write(content[:len(content)/2])
		if tcp, ok := to.(*net.TCPConn); ok && i%4 == 1 {
			_ = tcp.SetLinger(0) // the cable is pulled
		}
		return
	}
	_, _ = to.Write(content)
	_ = to.SetReadDeadline(time.Now().Add(bridgetest.Patience))
	if answer, _ := io.ReadAll(to); !bytes.HasPrefix(answer, []byte("HTTP/1.1 204 ")) {
		t.Errorf("an upload is answered %.200q", answer)
	}
}

// bytesOnDisk are those of whole uploads, and those that transfers left behind.
func (s *siege) bytesOnDisk(t *testing.T) (whole, other int64) {
	t.Helper()
	root := filepath.Join(s.Dir, "data", "files")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if filepath.Dir(path) == filepath.Join(root, "uploads") {
			whole += info.Size()
		} else if filepath.Base(filepath.Dir(path)) == "tmp" {
			other += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return whole, other
}
