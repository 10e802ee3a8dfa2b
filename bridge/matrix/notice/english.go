package notice

func english() map[Kind]string {
	return map[Kind]string{
		RefusedEncrypted:      "**Not delivered to the visitor:** the message is encrypted, and this room must stay unencrypted. Write it without encryption; if encryption was switched on here, the room has to be upgraded.",
		RefusedPoll:           "**Not delivered to the visitor:** polls cannot be shown in the chat. Ask the question as a message.",
		RefusedCall:           "**Not delivered to the visitor:** the chat has no calls. Agree on another way to talk in a message.",
		RefusedVerification:   "**Not delivered to the visitor:** there is no device to verify on the other side. Cancel the verification in your client.",
		RefusedUnknownType:    "**Not delivered to the visitor:** the chat cannot show messages of this type. Send it as text or as a file.",
		RefusedNoMedia:        "**Not delivered to the visitor:** the file has no valid address on the homeserver. Send it again.",
		RefusedEncryptedMedia: "**Not delivered to the visitor:** the file is encrypted and cannot be opened in the chat. Do not forward it from an encrypted room: save it and upload it here.",
		RefusedLiveLocation:   "**Not delivered to the visitor:** a live location cannot be shown in the chat. Send your current location as a message.",
		RefusedBadLocation:    "**Not delivered to the visitor:** the place has no valid coordinates. Send it again, or write the address.",
		RefusedEmpty:          "**Not delivered to the visitor:** nothing is left of the message but spaces. Write it again.",
		RefusedMalformed:      "**Not delivered to the visitor:** your client sent an incomplete message. Send it again, if need be from another client.",
		EditKept:              "**The visitor still sees the earlier text:** commands and notes are not sent to the visitor. Delete the message to take it away from the visitor as well.",
		FirstNote:             "**Only operators see this.** Messages in threads are notes; the visitor never gets them.",
		VisitorErased:         "**Nobody reads this room any more:** this visitor is not known here, because the data were erased or a backup from before the conversation was restored.",
		SiteGone:              "**Nobody reads this room any more:** its website is no longer in the bridge's config.",
		Poison:                "**Not delivered to the visitor:** a message in this room could not be processed.<<event:  Its id is `{event}`; the bridge's log has the cause.>> Send it again in another form.",
		SendFailed:            "**A message of the visitor is missing here:** the homeserver refused it<<cause:  ({cause})>>.<<text:  It began: “{text}”>>",
		EditFailed:            "**A message of the visitor was changed, and the change is missing here:** the homeserver refused it<<cause:  ({cause})>>.<<text:  It now begins: “{text}”>>",
		RemovalFailed:         "**The visitor removed a message that is still shown here:** the homeserver refused to remove it<<cause:  ({cause})>>.<<event:  Its id is `{event}`.>> Please remove it yourself.",
		RemovalFailedBefore:   "**The visitor removed a message that is still shown in [an earlier room]({room}):** the homeserver refused to remove it<<cause:  ({cause})>>. Please remove it yourself.",
		FileTooLarge:          "**A file of the visitor is missing here:** <<file: “{file}” >><<size: ({size}) >>is too large for the homeserver. Ask the visitor for a smaller one, or raise the homeserver's limit.<<words:  With it came: “{words}”>>",
		FileLost:              "**A file of the visitor is missing here:** <<file: “{file}” >>was lost on the bridge's disk before it could be sent. Ask the visitor to send it again.<<words:  With it came: “{words}”>>",
		EncryptionOn:          "**Encryption was switched on in this room. Messages no longer reach the visitor.** It cannot be switched off again: whoever switched it on has to upgrade the room (in Element: `/upgraderoom`); the conversation then moves on there.",
		RoomReplaced:          "**The conversation continues here.** The earlier messages are in [the old room]({room}).",
		SpaceReplaced:         "**The site's space was deleted, or the bot was removed from it.** There is [a new one]({room}). Accept the invitation to it: only its members can enter visitors' rooms. The rooms are listed there again within minutes; the old space can be left.",
		BucketReplaced:        "**The space “{name}” was deleted, or the bot was removed from it.** Its rooms are listed anew in another one.",
		OperatorLeft:          "**An operator is no longer in the site's space<<name: : {name}>>.** Without it nobody can enter visitors' rooms. Whoever left gets a new invitation by writing `!back` here.",
	}
}
