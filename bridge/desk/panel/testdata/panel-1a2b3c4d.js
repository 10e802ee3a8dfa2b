document.title = "panel";
