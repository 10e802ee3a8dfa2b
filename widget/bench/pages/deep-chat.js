// deep-chat has no button of its own: a site makes one, and the window with its press.
import { DeepChat } from 'deep-chat';

const button = document.createElement('button');
button.textContent = 'Open chat';
button.style.cssText = 'position:fixed;inset:auto 20px 20px auto';
button.addEventListener('click', () => {
  const chat = new DeepChat();
  chat.style.cssText = 'position:fixed;inset:auto 20px 80px auto';
  chat.demo = true;
  document.body.append(chat);
});
document.body.append(button);
