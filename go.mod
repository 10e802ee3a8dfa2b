module github.com/anteroom-chat/anteroom

go 1.26

require (
	maunium.net/go/mautrix v0.31.0
	go.mau.fi/util v0.10.1
	github.com/gorilla/websocket v1.5.3
	github.com/mattn/go-sqlite3 v1.14.52
	github.com/rs/zerolog v1.35.1
	gopkg.in/yaml.v3 v3.0.1
)
