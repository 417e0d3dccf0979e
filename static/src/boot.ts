// Runs before the first paint, so that a dark room stays dark.
import { applyPrefs } from "./prefs";

applyPrefs();
