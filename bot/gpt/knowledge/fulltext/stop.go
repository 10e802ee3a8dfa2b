package fulltext

import (
	"github.com/kljensen/snowball/english"
	"github.com/kljensen/snowball/russian"
)

// IsStop reports whether a folded word says nothing of what a text is about: it is
// in the library's lists, or among what these leave out: words of asking and of
// politeness, forms without their apostrophe, and the other forms of pronouns.
func IsStop(word string) bool {
	switch word {
	case "cant", "couldnt", "could", "didnt", "doesnt", "dont", "hasnt", "havent", "id", "im", "isnt", "ive", "lets", "may",
		"might", "must", "shall", "thats", "theres", "us", "wasnt", "whats", "wheres", "wont", "would", "youre",
		"anybody", "anyone", "anything", "everybody", "everyone", "everything", "nobody", "nothing", "somebody", "someone", "something",
		"also", "get", "got", "maybe", "need", "still", "wanna", "want", "yet",
		"hello", "hi", "ok", "please", "pls", "plz", "thanks", "u", "ur", "yes":
		return true
	case "ваш", "ваша", "ваше", "ваши", "вашего", "вашей", "ваших", "вами", "всем", "ко", "лишь", "мое", "моего", "моей", "мои", "моих", "мою",
		"нам", "нами", "наш", "наша", "наше", "наши", "свое", "своего", "своей", "свои", "свой", "тебе", "твой", "эта", "этих", "это",
		"какие", "каким", "какими", "каких", "какое", "какого", "какую", "которая", "которые", "который", "почему",
		"буду", "будут", "делать", "мог", "могу", "можем", "можете", "нужно", "хотел", "хотела", "хочется", "хочу",
		"очень", "просто", "такая", "такие", "такое", "также", "че", "чето", "чо",
		"здравствуйте", "пожалуйста", "плиз", "подскажите", "привет", "скажите", "спасибо":
		return true
	}
	return english.IsStopWord(word) || russian.IsStopWord(word)
}
