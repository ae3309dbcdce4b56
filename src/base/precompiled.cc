// Gives the precompiled headers a target to belong to; see cmake/folder.cmake.
