package answer

// arabic are the words in Arabic of what wordsOfForm and wordsOfLimit have in English. What
// is filled in is counted, so that no noun has to agree with it.
func (f *Fault) arabic() string {
	if f.Code == TooLong && f.Limit == "" {
		return "هذا طويل جدًا."
	}
	words := map[Code]string{
		NotANumber:    "اكتب عددًا من فضلك.",
		NotAnInteger:  "اكتب عددًا صحيحًا من فضلك.",
		NotAnEmail:    "لا يبدو هذا عنوان بريد إلكتروني. تحقّق منه من فضلك.",
		NotAPhone:     "لا يبدو هذا رقم هاتف. اكتبه من فضلك مع رمز البلد.",
		NotAURL:       "لا يبدو هذا عنوان موقع. تحقّق منه من فضلك.",
		NotADate:      "اكتب تاريخًا من فضلك، مثل \u20682026-12-24\u2069.",
		NotATime:      "اكتب وقتًا من فضلك، مثل \u206815:30\u2069.",
		NotADateTime:  "اكتب تاريخًا ووقتًا من فضلك، مثل \u20682026-12-24 15:30\u2069.",
		NotAChoice:    "اختر إحدى الإجابات من فضلك.",
		NotAFile:      "أرسل ملفًا من فضلك.",
		WrongFileType: "أرسل ملفًا من نوع آخر من فضلك.",
		NotALocation:  "شارك موقعك من فضلك أو اكتب إحداثياته.",
		TooShort:      "هذا قصير جدًا. أقل عدد من الأحرف: %s.",
		TooLong:       "هذا طويل جدًا. أكبر عدد من الأحرف: %s.",
		TooSmall:      "يجب ألا يقلّ العدد عن %s.",
		TooLarge:      "يجب ألا يزيد العدد على %s.",
		InThePast:     "لقد مضى هذا.",
		InTheFuture:   "لم يحن هذا بعد.",
		TooEarly:      "هذا مبكر جدًا. أبكر موعد: \u2068%s\u2069.",
		TooLate:       "هذا متأخر جدًا. آخر موعد: \u2068%s\u2069.",
		TooMany:       "اختر إجابة واحدة فقط من فضلك.",
		FileTooLarge:  "الملف كبير جدًا. الحجم الأقصى: \u2068%s\u2069.",
		NotARating:    "أعطِ تقييمًا من 1 إلى %s من فضلك.",
	}[f.Code]
	if words == "" {
		return "أجب مرة أخرى من فضلك."
	}
	return words
}
