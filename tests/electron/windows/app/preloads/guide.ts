// A preload in which the guide's program runs, and whose page only asks for it.
import { contextBridge } from 'electron'
import { useGuide } from '../guide.ts'

contextBridge.exposeInMainWorld('useGuide', useGuide)
